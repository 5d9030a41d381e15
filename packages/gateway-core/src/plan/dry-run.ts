import type { Followed, Key } from '../contract.ts'
import { asked, onTrail, Trail } from '../part.ts'
import type { Asking } from '../road/asking.ts'
import { gathered } from '../road/gather.ts'
import { isMark } from '../screen/mark.ts'
import type { Parts } from '../screen/settle.ts'
import { isGrpc, type Sources } from '../sources.ts'

/** One outgoing call of a screen; calls gathered into a batch are one. */
export interface Asked {
  /** The same in every run of a screen: upstream, operation, input (if stable), and index among equal ones. */
  readonly id: string
  readonly upstream: string
  /** `GET /orders/:id`, or a remote method's name. */
  readonly key: string
  readonly input: unknown
}

export interface Run {
  /** In call order. */
  readonly calls: readonly Asked[]
  readonly parts: Parts
  /** Names of the parts that resolved. */
  readonly came: ReadonlySet<string>
  /** Causes of parts that failed without an upstream failing, by name. */
  readonly failed: Readonly<Record<string, unknown>>
}

/** A sample response of an upstream operation. */
export type Answers = (upstream: string, key: string, input: unknown) => unknown

/** A screen's `parts`, and their arguments except `from`. */
export interface Screen {
  readonly parts: (request: never) => object
  readonly request: object
}

export interface Unlike {
  /** `id` of a call that is never answered. */
  readonly withheld?: string | undefined
  /** Inputs differ between runs: calls are matched without them. */
  readonly anyInput?: boolean
}

/** Calls per screen. More on samples of two items means that it does not end. */
const most = 500

/**
 * Runs a screen's parts on samples: every call is recorded and answered with its operation's sample, except the
 * `withheld` one, which never is. Ends when nothing happens any more. Throws what `parts` throws, and a `RangeError`
 * for endless calls.
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
  if (calls.length > most)
    throw new RangeError(`it makes calls without end: ${calls.at(-1)!.upstream} ${calls.at(-1)!.key}`)
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

/** A stream of one item. */
async function* once(ask: () => Promise<unknown>): AsyncGenerator {
  yield await ask()
}

/** A feed with one item. */
async function* told(ask: () => Promise<unknown>): AsyncGenerator<Followed<unknown>> {
  yield { type: 'item', rev: 1, item: await ask() }
}

/** Event loop turns without anything new after which a run has ended. */
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

/** Member order is ignored, and numbers that JSON lacks stay distinct. */
const spell = (input: unknown): string =>
  JSON.stringify(input, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }) ?? ''
