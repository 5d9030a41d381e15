import { Problem } from '../problem.ts'
import type { Rate, Taken } from './gcra.ts'

export interface Entry {
  readonly value: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Condition of a write. `{ was }`: the value is unchanged, so that of two writers who read the same one, one wins. */
export type Only = 'if-absent' | 'if-present' | { readonly was: string }

/**
 * A remote store did not answer, or could not. The outcome of a write is then unknown: it may have happened. Unless
 * caught, it becomes a 503, so that nothing counts as allowed, or as absent, without a look-up.
 */
export class StoreUnavailable extends Problem {
  /** Keeps only the reason's text: commands carry keys and values. */
  constructor(reason: string) {
    super(503, 'store-unavailable', { headers: { 'retry-after': '1' }, cause: new Error(reason) })
  }
}

/**
 * State shared by an app's processes. The part of a key before its first `:` is its use, named in code; in memory each
 * use has its own limit. Each method is one atomic step. A `ttl` is milliseconds from now, above 0. An app owns its
 * store and disposes of it.
 */
export interface Store {
  /** In this process's memory: calls need no timeout. */
  readonly local?: boolean
  /** Whether it is reachable now. Absent: always. */
  ready?(): boolean
  /** Absent: there is nothing to release. */
  [Symbol.asyncDispose]?(): Promise<void>
  /** `undefined` if missing or expired. */
  get(key: string): Promise<Entry | undefined>
  /** `false` if the condition failed and nothing was written. `if-present` never recreates a deleted key. */
  set(key: string, value: string, ttl: number, only?: Only): Promise<boolean>
  /** Sets a new expiry. `false` if the key is missing. */
  touch(key: string, ttl: number): Promise<boolean>
  /** `false` if the key was missing, or its value differs from `was`: of several callers, one gets `true`. */
  delete(key: string, was?: string): Promise<boolean>
  /**
   * Adds a member to a set for `ttl`, or longer if it already has longer; expired ones take no space. Set keys are
   * separate from those above, as are those of `take`.
   */
  add(key: string, member: string, ttl: number): Promise<void>
  remove(key: string, member: string): Promise<void>
  members(key: string): Promise<readonly string[]>
  /** Notifies every process subscribed now. A disconnected one misses it: important messages must be stored too. */
  publish(channel: string, message: string): Promise<void>
  /**
   * Resolves when subscribed; while the store is unreachable, soon anyway, and it subscribes once that is possible.
   * `gap` is called after a period in which messages may have been missed. Neither function may throw.
   */
  subscribe(channel: string, listen: (message: string) => void, gap?: () => void): Promise<AsyncDisposable>
  /** Takes units of a rate if available: see `gcra`. Uses the store's own clock. */
  take(key: string, rate: Rate): Promise<Taken>
}
