/** Milliseconds. No two clients get the same: what broke for one broke for many. */
const soonest = 1_000
const latest = 3_000
const longest = 60_000
/** From one client to the next, where all have to leave. */
const apart = 3

/** Milliseconds after which to connect again, one of so many clients: they come one after the other, not all at once. */
export const comeBack = (clients: number, random: () => number): number =>
  Math.round(soonest + random() * (Math.min(longest, Math.max(latest, clients * apart)) - soonest))
