import { fill, type Key, parseKey, type Schema } from '@bff/gateway-core/contract'
import { accept } from '@bff/gateway-core/receive'
import type { Screen } from './oracle.ts'
import { type Answers, placeOf, type Scenario } from './scenario.ts'
import type { Bff, World } from './world.ts'

/** A screen and its recording with all services healthy. */
export interface Recorded extends Screen {
  readonly bff: Bff
  readonly key: Key
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** The arguments of its `parts` except `from`. */
  readonly request: object
  readonly answers: Answers
  /** The services' operations it calls, as named by `placeOf`. */
  readonly operations: readonly string[]
  /** Its complete answer. */
  readonly whole: Answered
}

export interface Answered {
  readonly status: number
  readonly type: string
  readonly text: string
  /** Milliseconds until the answer was complete. */
  readonly ms: number
}

/** The screens of a BFF, by key. */
export const screensOf = ({ routes }: Bff) => routes.flatMap(({ made }) => (made?.door === 'screen' ? [made] : []))

/** Requests a screen with input that fits its contract, from services that have an order and a cart. */
export async function record(world: World, bff: Bff, url: string, key: Key): Promise<Recorded> {
  const made = screensOf(bff).find((one) => one.key === key)!
  const { operation } = made
  const params = paramsOf(key, await world.seed())
  const headers = sample(operation.headers, 'sample-000') as Record<string, string>
  const body = operation.body === undefined ? undefined : sample(operation.body, 'sample')
  const asked = {
    method: parseKey(key).method,
    url: fill(key, params).url,
    headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  }
  const scenario = world.scenarios.begin({})
  const whole = await ask(url, asked, scenario)
  world.scenarios.end(scenario)
  if (whole.status > 299) throw new Error(`${bff.name} ${key} answered ${whole.status}: ${whole.text}`)
  const received = await accept(operation, { params, query: new URLSearchParams(), headers, body })
  const { answers, granted } = scenario
  return {
    ...made,
    ...asked,
    bff,
    request: { ...received, ...granted },
    answers,
    operations: [...new Set([...answers.values()].map(placeOf))],
    whole,
  }
}

export async function ask(
  base: string,
  { method, url, headers, body }: Pick<Recorded, 'method' | 'url' | 'headers' | 'body'>,
  { traceparent }: Scenario,
): Promise<Answered> {
  const start = performance.now()
  const answer = await fetch(base + url, {
    method,
    headers: { ...headers, traceparent },
    body: body ?? null,
    signal: AbortSignal.timeout(20_000),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    type: answer.headers.get('content-type') ?? '',
    text,
    ms: performance.now() - start,
  }
}

function paramsOf(key: Key, seeded: Readonly<Record<string, string>>): Record<string, string> {
  const steps = parseKey(key).path.split('/')
  return Object.fromEntries(
    steps.flatMap((step, i) => {
      if (!step.startsWith(':')) return []
      const value = seeded[step.slice(1)] ?? seeded[`${steps[i - 1]}/${step}`]
      if (value === undefined) throw new Error(`${key}: no value is known for ${step}`)
      return [[step.slice(1), value]]
    }),
  )
}

interface Shape {
  readonly type?: string
  readonly minimum?: number
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
}

/** A minimal value for a schema. */
function sample(schema: Schema | undefined, text: string): unknown {
  const speaks = schema?.['~standard'] as { jsonSchema?: { input(options: object): Shape } } | undefined
  const spell = (shape: Shape): unknown => {
    if (shape.type === 'object')
      return Object.fromEntries((shape.required ?? []).map((name) => [name, spell(shape.properties![name]!)]))
    return shape.type === 'string' ? text : (shape.minimum ?? 1)
  }
  return spell(speaks?.jsonSchema?.input({ target: 'draft-2020-12' }) ?? { type: 'object' })
}
