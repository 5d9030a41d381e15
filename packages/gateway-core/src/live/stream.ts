import type { Answer, Contract, Operation, Received } from '../contract.ts'
import type { Guard, Route } from '../exchange.ts'
import type { From, Sources } from '../sources.ts'
import { show } from './show.ts'
import type { Step } from './serve.ts'
import { type LiveCore, streaming, type StreamOptions } from './streaming.ts'

export interface StreamSpec<
  C extends Contract,
  K extends keyof C,
  S extends Sources,
  G extends object,
  T,
> extends StreamOptions {
  /** Who may. What it grants is handed to `items`. */
  readonly guard: Guard<G>
  /**
   * Where items come from, for one client: the only place with I/O. Read no faster than the client reads, and ended when it
   * leaves. What it throws before its first item is a status; afterwards it is the last thing that is sent.
   */
  readonly items: (request: Received<C, K> & NoInfer<G> & { readonly from: From<S> }) => AsyncIterable<T>
  /** What to show of one. Pure. Members that the contract does not know do not leave. */
  readonly view: (item: NoInfer<T>) => Answer<C, K>
}

/** A `StreamSpec` without its types. */
export interface ErasedStream extends StreamOptions {
  readonly guard: Guard
  readonly items: (request: never) => AsyncIterable<unknown>
  readonly view: (item: never) => unknown
}

/**
 * Many answers to one request: server-sent events, or a JSON text per line where `Accept` asks for `application/x-ndjson`. It
 * has no deadline of the exchange's once it has begun, and no identity outlives its proof: a stream ends within a second of that.
 */
export function stream(contract: Contract, key: string, spec: ErasedStream): Route<LiveCore> {
  const operation = contract[key as keyof Contract] as Operation
  const { items, view } = spec
  const stepOf = async (item: never): Promise<Step> => ({ value: await show(key, operation, view(item)) })
  return streaming(key, operation, spec, { items, follow: items, stepOf })
}
