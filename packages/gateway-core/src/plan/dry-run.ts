import type { Followed, Key } from '../contract.ts'
import { asked, onTrail, Trail } from '../part.ts'
import type { Asking } from '../road/asking.ts'
import { gathered } from '../road/gather.ts'
import { isMark } from '../screen/mark.ts'
import type { Parts } from '../screen/settle.ts'
import { isGrpc, type Sources } from '../sources.ts'

/** One call that goes out for a screen: what is asked for one by one and gathered is one. */
export interface Asked {
  /** The same in every run of a screen: upstream, operation, input (where that is the same), and which of those that are alike. */
  readonly id: string
  readonly upstream: string
  /** `GET /orders/:id`, or the name of a remote method. */
  readonly key: string
  readonly input: unknown
}

export interface Run {
  /** In the order in which they were made. */
  readonly calls: readonly Asked[]
  readonly parts: Parts
  /** Names of the parts that came. */
  readonly came: ReadonlySet<string>
  /** Why parts failed that no upstream failed, by their names. */
  readonly failed: Readonly<Record<string, unknown>>
}

/** A sample of what an operation of an upstream answers. */
export type Answers = (upstream: string, key: string, input: unknown) => unknown

/** `parts` of a screen, and all it is handed but `from`. */
export interface Screen {
  readonly parts: (request: never) => object
  readonly request: object
}

export interface Unlike {
  /** `id` of a call that is never answered. */
  readonly withheld?: string | undefined
  /** Inputs are different in each run: calls are told apart without them. */
  readonly anyInput?: boolean
}

/** Of one screen. More on samples of two items means that it would not end. */
const most = 500

/**
 * Run a screen's parts against samples: every call is written down and answered with the sample of its operation, but the one
 * that is `withheld`, which is never answered. Ends when nothing happens any more. Throws what `parts` itself throws, and a
 * `RangeError` where calls go on without end.
 */
export async function dryRun(
  screen: Screen,
  sources: Sources,
  answers: Answers,
  { withheld, anyInput = false }: Unlike = {},
): Promise<Run> {
  const calls: Asked[] = []
  const came = new Set<string>()
  const failed: Record<string, unknown> = {}
  const ask = (upstream: string, key: string, input: unknown): Promise<unknown> => {
    const alike = `${upstream} ${key} ${anyInput ? '' : spell(input)}`
    const nth = calls.filter(({ id }) => id.startsWith(`${alike} #`)).length
    const call = { id: `${alike} #${nth + 1}`, upstream, key, input }
    calls.push(call)
    const answer = async () => answers(upstream, key, input)
    return call.id === withheld || calls.length > most ? new Promise<never>(() => undefined) : answer()
  }
  const from = clients(sources, ask)
  const planned = new Trail(undefined, undefined, true)
  const parts = onTrail(() => screen.parts({ ...screen.request, from } as never), planned) as Parts
  for (const [name, one] of Object.entries(parts)) {
    void Promise.resolve(isMark(one) ? one.part : one).then(
      () => came.add(name),
      (error: unknown) => {
        failed[name] = error
      },
    )
  }
  await quiet(() => calls.length + came.size + Object.keys(failed).length)
  if (calls.length > most) throw new RangeError(`it asks without end: ${calls.at(-1)!.upstream} ${calls.at(-1)!.key}`)
  return { calls, parts, came, failed }
}

type Ask = (upstream: string, key: string, input: unknown) => Promise<unknown>

function clients(sources: Sources, ask: Ask): Record<string, unknown> {
  const asking = { gathering: new Map() } as unknown as Asking
  return Object.fromEntries(
    Object.entries(sources).map(([name, source]) => {
      if (isGrpc(source)) {
        const methods = source.methods.map(({ localName, methodKind }) => [
          localName,
          methodKind === 'server_streaming'
            ? (input: unknown) => once(() => ask(name, localName, input))
            : (input: unknown) => asked(() => ask(name, localName, input)),
        ])
        return [name, Object.fromEntries(methods)]
      }
      const send = gathered(name, source, (_, key, input) => ask(name, key, input))
      return [
        name,
        (key: string, input?: Record<string, unknown>) => {
          if (!(key in source)) throw new TypeError(`${name} has no operation ${key}`)
          if (source[key as Key]!.feed !== undefined) return told(() => ask(name, key, input))
          return asked(() => send(asking, key, input))
        },
      ]
    }),
  )
}

/** A stream of one. */
async function* once(ask: () => Promise<unknown>): AsyncGenerator {
  yield await ask()
}

/** A feed of one. */
async function* told(ask: () => Promise<unknown>): AsyncGenerator<Followed<unknown>> {
  yield { type: 'item', rev: 1, item: await ask() }
}

/** Turns of the event loop without anything new, after which nothing comes any more. */
const still = 4

async function quiet(happened: () => number): Promise<void> {
  let seen = -1
  for (let turns = 0; turns < still; turns++) {
    await new Promise((resolve) => setImmediate(resolve))
    const now = happened()
    if (now !== seen) turns = 0
    seen = now
  }
}

/** Neither order of members nor a number that JSON does not know makes two inputs of one. */
const spell = (input: unknown): string =>
  JSON.stringify(input, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }) ?? ''
