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

/** What cannot be meant, one sentence each. */
export function faultsOf(policies: Policies, names: readonly string[], budget: number): string[] {
  const known = new Set(Object.keys(defaults))
  return names.flatMap((name) => {
    const policy = policies[name]
    if (policy === undefined) return [`${name}: has no policy; write \`${name}: {}\` for the defaults`]
    const { timeout, attempts, maxBytes } = { ...defaults, ...policy }
    return [
      ...Object.keys(policy)
        .filter((key) => !known.has(key))
        .map((key) => `${name}: "${key}" is no policy; there are ${[...known].join(', ')}`),
      ...(timeout > 0 ? [] : [`${name}: timeout must be more than 0 ms`]),
      ...(timeout <= budget
        ? []
        : [`${name}: timeout ${timeout} ms is longer than the ${budget} ms of a whole exchange`]),
      ...(Number.isInteger(attempts) && attempts >= 1 && attempts <= 5 ? [] : [`${name}: attempts must be 1 to 5`]),
      ...(maxBytes > 0 ? [] : [`${name}: maxBytes must be more than 0`]),
    ]
  })
}
