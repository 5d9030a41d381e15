/** The rate per key, in units: a request is one unit unless it states another cost. */
export interface Rate {
  /** Milliseconds per unit. */
  readonly interval: number
  /** Most units available at once. */
  readonly burst: number
  /** Units to take; more than `burst` counts as `burst`. Default 1. */
  readonly cost?: number | undefined
}

export interface Taken {
  readonly allowed: boolean
  /** Whole units left. */
  readonly remaining: number
  /** Milliseconds until the same request would be allowed; 0 if it was. */
  readonly retryAfter: number
  /** Milliseconds until all units are available. */
  readonly reset: number
}

/** Fractions of a millisecond that a double still adds exactly to epoch times. */
const exact = 1_024

/** Tolerates rounding if the clock returns fractions. Far below one unit of any rate. */
const slack = 0.01

/**
 * The generic cell rate algorithm: a steadily filling bucket, stored as the one time at which it is full again (`full`;
 * `undefined` means full). In any period at most `burst` plus the refill of that period can be taken. Refusals cost
 * nothing.
 *
 * No bucket takes longer to fill than `burst * interval`. A later time was stored before the clock was set back, and
 * counts as an empty bucket: an hour's step does not lock anyone out for an hour.
 */
export function gcra(
  full: number | undefined,
  now: number,
  rate: Rate,
): { readonly taken: Taken; readonly full: number } {
  const { burst } = rate
  const interval = Math.ceil(rate.interval * exact) / exact
  const room = burst * interval
  const before = Math.max(now, Math.min(full ?? now, now + room))
  const after = before + Math.min(rate.cost ?? 1, burst) * interval
  const early = after - room - now
  const allowed = early <= slack
  const kept = allowed ? after : before
  const taken = {
    allowed,
    remaining: Math.max(0, Math.floor((now + room - kept + slack) / interval)),
    retryAfter: allowed ? 0 : early,
    reset: kept - now,
  }
  return { taken, full: kept }
}
