/** How long sessions live, in milliseconds. */
export interface Lifetimes {
  /** Without activity of the person. Polls and looks are none. */
  readonly idle: number
  /** However busy it is. */
  readonly absolute: number
  /** Of refresh tokens whose provider does not tell with `refresh_expires_in`: a session never outlives its own. */
  readonly refresh?: number | undefined
}

/** 30 min, 12 h. Throws when one of them is none, or the shorter is the longer. */
export function lifetimesOf({ idle = 1_800_000, absolute = 43_200_000, refresh }: Partial<Lifetimes> = {}): Lifetimes {
  for (const [name, value] of Object.entries({ idle, absolute, refresh })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new TypeError(`lifetimes: ${name} must be a whole number of milliseconds above 0`)
    }
  }
  if (idle > absolute) throw new TypeError('lifetimes: idle must not be longer than absolute')
  return { idle, absolute, refresh }
}
