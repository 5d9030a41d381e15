import type { Breaker, Verdict } from '../breaker.ts'
import { type Call, type Filter, isUpload } from '../call.ts'
import { isFailing, isFailure } from '../failure.ts'
import { Fault } from '../fault.ts'

/**
 * Protects a failing or slow upstream: refused calls reject with the fault `open` and the time after which to retry.
 * Place it inside retries and hedges, so that it judges attempts, and inside the bulkhead, so that queueing does not
 * count against the upstream.
 *
 * A call whose client took the time is not held against the upstream: an upload is never slow, and a call with less
 * than half of `slowAfter` left did not fail. Otherwise a slow client could open the breaker for everyone.
 */
export const breaker =
  (machine: Breaker, now: () => number = () => performance.now()): Filter =>
  async (call, next) => {
    const era = machine.enter()
    if (era < 0) throw new Fault('open', call.upstream, undefined, { retryAfter: machine.left })
    const start = now()
    let verdict: Verdict = 'nothing'
    try {
      const reply = await next(call)
      verdict = isFailing(reply.status) ? 'bad' : isSlow(call, now() - start, machine) ? 'slow' : 'good'
      return reply
    } catch (error) {
      if (isFailure(error, call, now() - start, machine.policy.slowAfter)) verdict = 'bad'
      throw error
    } finally {
      machine.leave(era, verdict)
    }
  }

const isSlow = (call: Call, took: number, machine: Breaker): boolean =>
  took > machine.policy.slowAfter && !isUpload(call)
