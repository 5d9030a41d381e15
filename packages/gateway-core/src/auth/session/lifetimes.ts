/** Session lifetimes in milliseconds. */
export interface Lifetimes {
  /** Without user activity. Polls and `look` do not count. */
  readonly idle: number
  /** Regardless of activity. */
  readonly absolute: number
  /** Of refresh tokens if the provider sends no `refresh_expires_in`: a session never outlives its own. */
  readonly refresh?: number | undefined
}

/** Defaults: 30 min, 12 h. Throws if one is invalid, or idle exceeds absolute. */
export function lifetimesOf({ idle = 1_800_000, absolute = 43_200_000, refresh }: Partial<Lifetimes> = {}): Lifetimes {
  for (const [name, value] of Object.entries({ idle, absolute, refresh })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new TypeError(`lifetimes: ${name} must be a whole number of milliseconds above 0`)
    }
  }
  if (idle > absolute) throw new TypeError('lifetimes: idle must not be longer than absolute')
  return { idle, absolute, refresh }
}
