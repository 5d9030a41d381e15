import { Problem } from '../problem.ts'
import type { Rate, Taken } from './gcra.ts'

export interface Entry {
  readonly value: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** When a write happens. `{ was }`: the value is still that one, so that of two writers who read the same one wins. */
export type Only = 'if-absent' | 'if-present' | { readonly was: string }

/**
 * What a store that is somewhere else rejects with when it does not answer, or answers that it cannot. What became of a write
 * is then not known: it may have been done. Where nobody chooses otherwise it leaves as a 503, so that nothing is taken for
 * allowed, or for gone, that could not be looked up.
 */
export class StoreUnavailable extends Problem {
  /** Of the reason nothing but its text is kept: commands carry keys and values. */
  constructor(reason: string) {
    super(503, 'store-unavailable', { headers: { 'retry-after': '1' }, cause: new Error(reason) })
  }
}

/**
 * State shared by the processes of an app. What stands before the first `:` of a key is its use, named in code; in memory each has
 * room of its own. Each method is one atomic step. A `ttl` is milliseconds from now, above 0. Whoever
 * hands a store to an app hands it over: it is disposed with the app.
 */
export interface Store {
  /** It answers out of the memory of this process: nobody need guard against its silence. */
  readonly local?: boolean
  /** Whether it can be reached now. Absent: always. */
  ready?(): boolean
  /** Absent: there is nothing to release. */
  [Symbol.asyncDispose]?(): Promise<void>
  /** `undefined` when there is none, or no longer. */
  get(key: string): Promise<Entry | undefined>
  /** `false` when the condition did not hold, and nothing was written. With `if-present`, what has been deleted stays so. */
  set(key: string, value: string, ttl: number, only?: Only): Promise<boolean>
  /** Sets a new end. `false` when there is nothing to keep alive. */
  touch(key: string, ttl: number): Promise<boolean>
  /** `false` when there was nothing to delete, or another value than `was`: of several callers, one gets `true`. */
  delete(key: string, was?: string): Promise<boolean>
  /**
   * Puts a member into a set for so long, or longer if that was asked before; what has ended costs no room. Its keys are apart from
   * those above, as are those of `take`.
   */
  add(key: string, member: string, ttl: number): Promise<void>
  remove(key: string, member: string): Promise<void>
  members(key: string): Promise<readonly string[]>
  /** Tells every process that listens now. Who is cut off misses it: what must not be missed is also written down. */
  publish(channel: string, message: string): Promise<void>
  /**
   * Resolves when it listens; while the store cannot be reached, soon all the same, and it listens as soon as that is so. `gap`
   * is called after a time in which messages may have been missed. Neither function may throw.
   */
  subscribe(channel: string, listen: (message: string) => void, gap?: () => void): Promise<AsyncDisposable>
  /** Takes units of a rate if they are there: see `gcra`. The clock is the store's own. */
  take(key: string, rate: Rate): Promise<Taken>
}
