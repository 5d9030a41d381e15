import type { Filter } from '../call.ts'
import { Fault } from '../fault.ts'

/**
 * Give a call `timeout` ms, or what its exchange has left if that is less, and tell the upstream how much that is.
 * A read reply must be complete by then; of a streamed one only the head.
 */
export const deadline =
  (timeout: number): Filter =>
  async (call, next) => {
    const left = Math.floor(Math.min(timeout, call.exchange.deadline - performance.now()))
    if (left <= 0) throw new Fault('timeout', call.upstream)
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(new Fault('timeout', call.upstream)), left)
    const gone = () => controller.abort(new Fault('aborted', call.upstream, call.signal.reason))
    const release = () => {
      clearTimeout(timer)
      call.signal.removeEventListener('abort', gone)
    }
    if (call.signal.aborted) gone()
    call.signal.addEventListener('abort', gone, { once: true })
    try {
      const headers = { ...call.headers, 'x-deadline-ms': String(left) }
      const reply = await next({ ...call, headers, signal: controller.signal })
      if (call.streamed) clearTimeout(timer)
      reply.body.once('close', release)
      return reply
    } catch (error) {
      release()
      throw error
    }
  }
