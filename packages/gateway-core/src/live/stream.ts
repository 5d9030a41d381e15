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
  /** Who may call it. What it grants is passed to `items`. */
  readonly guard: Guard<G>
  /**
   * The source of items, for one client: the only place with I/O. Read no faster than the client reads, and closed when
   * it leaves. An error before the first item becomes the status; afterwards it is the last event.
   */
  readonly items: (request: Received<C, K> & NoInfer<G> & { readonly from: From<S> }) => AsyncIterable<T>
  /** Maps an item to its response. Pure. Members unknown to the contract are dropped. */
  readonly view: (item: NoInfer<T>) => Answer<C, K>
}

/** A `StreamSpec` without its type parameters. */
export interface ErasedStream extends StreamOptions {
  readonly guard: Guard
  readonly items: (request: never) => AsyncIterable<unknown>
  readonly view: (item: never) => unknown
}

/**
 * A streamed response: server-sent events, or a JSON text per line where `Accept` asks for `application/x-ndjson`. Once
 * begun, the exchange's deadline no longer applies. No identity outlives its credentials: a stream ends within a second
 * of their expiry.
 */
export function stream(contract: Contract, key: string, spec: ErasedStream): Route<LiveCore> {
  const operation = contract[key as keyof Contract] as Operation
  const { items, view } = spec
  const stepOf = async (item: never): Promise<Step> => ({ value: await show(key, operation, view(item)) })
  return streaming(key, operation, spec, { items, follow: items, stepOf })
}
