import type { Scope } from './scope.ts'

/** What becomes of clients of streams when the app stops. */
export interface Away {
  /** Ends when it begins to. */
  readonly leaving: Scope
  /** Milliseconds after which the next client that is sent away may come back. */
  readonly comeBack: () => number
}

/** Of the golden ratio: its multiples fill a circle more evenly than any other's, however many there are. */
const step = (Math.sqrt(5) - 1) / 2

/** Milliseconds below which nobody is asked to come back: whoever is to take over may still have to notice. */
const soonest = 250

/**
 * When each of many clients that are sent away at once shall come back, in milliseconds: spread over `window`, each at a time of
 * its own, so that whoever is left is not met by all of them together. Where it begins is drawn: several may stop at the same time.
 */
export function stagger(window: number, random: () => number = Math.random): () => number {
  let at = random()
  return () => {
    at = (at + step) % 1
    return Math.round(soonest + at * window)
  }
}

/** The last of an event stream that goes on elsewhere: why it ends, and in how many ms a browser is to connect again. */
export const awayEvent = (problem: unknown, retry: number): string =>
  `event: away\nretry: ${retry}\ndata: ${JSON.stringify(problem)}\n\n`
