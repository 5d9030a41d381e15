import type { Rate, Taken } from './gcra.ts'

export interface Entry {
  readonly value: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** State shared by the processes of an app. Each method is one atomic step. A `ttl` is milliseconds from now. */
export interface Store {
  /** It answers out of the memory of this process: nobody need guard against its silence. */
  readonly local?: boolean
  /** `undefined` when there is none, or no longer. */
  get(key: string): Promise<Entry | undefined>
  /** `false` when the condition did not hold, and nothing was written. With `if-present`, what has been deleted stays so. */
  set(key: string, value: string, ttl: number, only?: 'if-absent' | 'if-present'): Promise<boolean>
  /** Sets a new end. `false` when there is nothing to keep alive. */
  touch(key: string, ttl: number): Promise<boolean>
  /** `false` when there was nothing to delete: of several callers, one gets `true`. */
  delete(key: string): Promise<boolean>
  /** Takes units of a rate if they are there: see `gcra`. Its keys are apart from those above; the clock is the store's own. */
  take(key: string, rate: Rate): Promise<Taken>
}
