/** How fast a key may take, in units: one request is one unit unless it says that it costs more. */
export interface Rate {
  /** Milliseconds after which one more unit is there. */
  readonly interval: number
  /** Units there are at most: what may be taken at once after a rest. */
  readonly burst: number
  /** Units to take now; more than `burst` counts as `burst`. Default 1. */
  readonly cost?: number | undefined
}

export interface Taken {
  readonly allowed: boolean
  /** Whole units left. */
  readonly remaining: number
  /** Milliseconds after which the same would be allowed; 0 when it was. */
  readonly retryAfter: number
  /** Milliseconds after which all units are there again. */
  readonly reset: number
}

/** Parts of a millisecond that a double still adds without a loss when it counts from 1970. */
const exact = 1_024

/** What is left of rounding when the clock itself tells fractions. Far below one unit of any rate. */
const slack = 0.01

/**
 * The generic cell rate algorithm: a bucket that fills steadily, kept as one number, the time at which it is full again
 * (`full`; `undefined` is a full one). In no stretch of time can more be taken than `burst` and what that stretch fills in.
 * What is refused costs nothing.
 *
 * No bucket needs longer to fill than `burst * interval`. A number that says so was written before the clock went back, and is
 * taken for an empty bucket: a step of an hour does not lock anybody out for an hour.
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
