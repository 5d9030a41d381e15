import { ClientProblem } from './problem.ts'

/** Time and randomness; injectable for tests. */
export interface Clock {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly wait: (ms: number) => Promise<unknown>
  /** From 0 up to but excluding 1. */
  readonly random: () => number
}

export const clock: Clock = {
  now: Date.now,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
}

const passing = new Set([0, 429, 502, 503, 504])

/** Longest accepted `Retry-After` in milliseconds; beyond it there is no retry. */
const patience = 2_000
const jitter = 200

/**
 * The only retry rule: GET, HEAD and calls with an `Idempotency-Key` are repeated once after no response, 429, 502, 503
 * or 504; after a random delay of up to 200 ms, added to a `Retry-After` (RFC 9110 §10.2.3) of up to 2 s.
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
