import type { Scope } from './scope.ts'

/** What happens to stream clients when the app stops. */
export interface Away {
  /** Ends when the stop begins. */
  readonly leaving: Scope
  /** Milliseconds after which the next disconnected client may reconnect. */
  readonly comeBack: () => number
}

/** Golden ratio: its multiples fill a circle more evenly than any other number's, whatever their count. */
const step = (Math.sqrt(5) - 1) / 2

/** Earliest reconnect in milliseconds: the instance that takes over may still have to notice. */
const soonest = 250

/**
 * Staggers the reconnects of clients disconnected together: each gets its own delay in milliseconds within `window`, so
 * the remaining instances do not meet them all at once. The start is random, as several instances may stop at the same
 * time.
 */
export function stagger(window: number, random: () => number = Math.random): () => number {
  let at = random()
  return () => {
    at = (at + step) % 1
    return Math.round(soonest + at * window)
  }
}

/** Last event of a stream that continues elsewhere: why it ends, and after how many ms a browser reconnects. */
export const awayEvent = (problem: unknown, retry: number): string =>
  `event: away\nretry: ${retry}\ndata: ${JSON.stringify(problem)}\n\n`
