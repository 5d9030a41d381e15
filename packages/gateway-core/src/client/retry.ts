import { ClientProblem } from './problem.ts'

/** What passes with time. Handed in by tests. */
export interface Clock {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly wait: (ms: number) => Promise<unknown>
  /** From 0 to below 1. */
  readonly random: () => number
}

export const clock: Clock = {
  now: Date.now,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
}

const passing = new Set([0, 429, 502, 503, 504])

/** Milliseconds: whoever asks for a longer wait gets no second try. */
const patience = 2_000
const jitter = 200

/**
 * The one rule of trying again: GET, HEAD and what carries an `Idempotency-Key` are sent once more after no answer, 429, 502, 503
 * and 504; at most 200 ms later, drawn at random, or that much after `Retry-After` (RFC 9110 §10.2.3), up to 2 s of it.
 */
export async function retry<T>(isRepeatable: boolean, { wait, random }: Clock, send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    if (!isRepeatable || !(error instanceof ClientProblem) || !passing.has(error.status)) throw error
    const { retryAfter = 0 } = error
    if (retryAfter > patience) throw error
    await wait(retryAfter + random() * jitter)
    return send()
  }
}

/** `Retry-After` in milliseconds, from seconds or a date. */
export function retryAfter(value: string | null, now: () => number): number | undefined {
  if (value === null) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
