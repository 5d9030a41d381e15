export interface Entry {
  readonly value: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** State shared by the processes of an app. Each method is one atomic step. A `ttl` is milliseconds from now. */
export interface Store {
  /** `undefined` when there is none, or no longer. */
  get(key: string): Promise<Entry | undefined>
  /** `false` when the condition did not hold, and nothing was written. With `if-present`, what has been deleted stays so. */
  set(key: string, value: string, ttl: number, only?: 'if-absent' | 'if-present'): Promise<boolean>
  /** Sets a new end. `false` when there is nothing to keep alive. */
  touch(key: string, ttl: number): Promise<boolean>
  /** `false` when there was nothing to delete: of several callers, one gets `true`. */
  delete(key: string): Promise<boolean>
}
