import type { IncomingHttpHeaders } from 'node:http'
import type { Answer, Contract, Followed, Operation, Received } from '../contract.ts'
import type { Exchange, Guard, Route } from '../exchange.ts'
import { problem } from '../problem.ts'
import type { From, Sources } from '../sources.ts'
import type { Step } from './serve.ts'
import { show } from './show.ts'
import { type LiveCore, streaming, type StreamOptions } from './streaming.ts'

/** The last number the client knows. 0: none. */
interface Known {
  readonly after: number
}

export interface LiveSpec<
  C extends Contract,
  K extends keyof C,
  S extends Sources,
  G extends object,
  T,
> extends StreamOptions {
  /** Who may call it. What it grants is passed to `follow`. */
  readonly guard: Guard<G>
  /** What to follow, for one client: the only place with I/O. An error of its first step becomes the status. */
  readonly follow: (
    request: Received<C, K> & NoInfer<G> & Known & { readonly from: From<S> },
  ) => AsyncIterable<Followed<T>>
  /** Maps an item to its response. Pure. Members unknown to the contract are dropped. */
  readonly view: (item: NoInfer<T>) => Answer<C, K>
  /** Whether this is the final item: the stream ends with it, and later requests get 204. Default: never. */
  readonly over?: (item: NoInfer<T>) => boolean
}

/** A `LiveSpec` without its type parameters. */
export interface ErasedLive extends StreamOptions {
  readonly guard: Guard
  readonly follow: (request: never) => AsyncIterable<Followed<unknown>>
  readonly view: (item: never) => unknown
  readonly over?: (item: never) => boolean
}

/**
 * A stream of numbered items: a returning client sends the last number it knows, as `Last-Event-ID` or else as query
 * `after`, and gets what it missed, once and in order. Between items, `live` marks the end of the backlog, `lost` a
 * broken feed, and `resync` that items can no longer be replayed: the reader must reload what they are about.
 */
export function live(contract: Contract, key: string, spec: ErasedLive): Route<LiveCore> {
  const operation = contract[key as keyof Contract] as Operation
  const first = (request: never) => spec.follow({ ...(request as object), after: 0 } as never)
  const follow = (request: never, exchange: Exchange) =>
    spec.follow({ ...(request as object), after: afterOf(exchange) } as never)
  return streaming(key, operation, spec, { items: first, follow, stepOf: stepOf(key, operation, spec) })
}

const stepOf =
  (key: string, operation: Operation, { view, over }: ErasedLive) =>
  async (one: Followed<unknown>): Promise<Step | undefined> => {
    const { type, rev } = one
    const newest = type === 'item' || type === 'live' ? one.item : undefined
    const last = newest !== undefined && over?.(newest as never) === true
    if (type === 'item') return { rev, value: await show(key, operation, view(one.item as never)), last }
    return last ? undefined : { rev, note: type }
  }

const sources: readonly (readonly [pointer: string, read: (exchange: Asked) => string | null | undefined])[] = [
  ['/headers/last-event-id', ({ headers }) => headers['last-event-id'] as string | undefined],
  // Not `query`, which would be retained as long as the stream.
  ['/query/after', ({ search }) => (search === '' ? null : new URLSearchParams(search).get('after'))],
]

type Asked = Pick<Exchange, 'search'> & { readonly headers: IncomingHttpHeaders }

function afterOf(exchange: Asked): number {
  for (const [pointer, read] of sources) {
    const text = read(exchange)
    // An `EventSource` without an id yet may send an empty one.
    if (text === undefined || text === null || text === '') continue
    if (/^\d{1,15}$/.test(text)) return Number(text)
    throw problem(422, 'validation', {
      errors: [{ pointer, detail: 'must be the id of the last event received, a whole number' }],
    })
  }
  return 0
}
