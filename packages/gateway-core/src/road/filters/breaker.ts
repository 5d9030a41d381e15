import type { Breaker, Verdict } from '../breaker.ts'
import { type Call, type Filter, isUpload } from '../call.ts'
import { isFailing, isFailure } from '../failure.ts'
import { Fault } from '../fault.ts'

/**
 * Spare an upstream that fails or is slow: what it may not be asked rejects with the fault `open` and the time after which
 * asking is worth it. Set it inside retries and hedges, so that it judges attempts, and inside the bulkhead, so that waiting
 * for a place is not held against the upstream.
 *
 * A call says nothing about the upstream when its client was what took the time: an upload is never slow, and a call that
 * was given less than half of `slowAfter` before its deadline did not fail. Else a client that sends slowly could open the
 * breaker for everybody.
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
