/** How to treat one upstream. Policy is code; addresses are environment. Milliseconds everywhere. */
export interface Policy {
  /** Longest one call may take, retries included. Default 1 000. */
  readonly timeout?: number
  /** Tries of an idempotent call. Default 1: no retry. */
  readonly attempts?: number
  /** Whose token travels. Default `none`. */
  readonly token?: 'none' | 'user'
  /** Largest answer a screen will read, in bytes. Default 1 MiB. */
  readonly maxBytes?: number
}

export type Policies = Readonly<Record<string, Policy>>

export const defaults: Required<Policy> = { timeout: 1_000, attempts: 1, token: 'none', maxBytes: 1_048_576 }
