import { jest } from '@jest/globals'
import { Body } from '../src/road/body.ts'
import type { Call, Reply } from '../src/road/call.ts'
import { Fault, type FaultKind, type FaultOptions } from '../src/road/fault.ts'
import { Scope } from '../src/scope.ts'
import { exchangeOf } from './exchange.ts'

/** One call to an upstream with only what a test says of it. */
export const callOf = (given: Partial<Call> = {}): Call => ({
  upstream: 'orders',
  method: 'GET',
  url: '/',
  headers: {},
  body: null,
  streamed: false,
  until: performance.now() + 1_000,
  scope: new Scope(),
  exchange: exchangeOf({}),
  ...given,
})

export const replyOf = (status = 200, headers: Reply['headers'] = {}, body: Body = Body.of('')): Reply => ({
  status,
  headers,
  body,
})

export const faultOf = (kind: FaultKind, options?: FaultOptions): Fault => new Fault(kind, 'orders', undefined, options)

/** A body that is under way, and whether it was thrown away. */
export function underWay(): { body: Body; aborted: () => boolean } {
  let aborted = false
  const body = new Body({ pause: () => undefined, resume: () => undefined, abort: () => (aborted = true) })
  return { body, aborted: () => aborted }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** From now on time passes only when a test says so. */
export const stopTime = () => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })

/** Let so many ms pass, and all that was waiting for them happen. */
export const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms)

/** What a promise has come to after so many ms: `pending`, the status of a reply, or the kind of a fault. */
export async function outcome(promise: Promise<Reply>, ms = 0): Promise<string | number> {
  const settled = promise.then(
    (reply) => reply.status,
    (error: unknown) => (error instanceof Fault ? error.kind : String(error)),
  )
  await pass(ms)
  return Promise.race([settled, pass(0).then(() => 'pending')])
}
