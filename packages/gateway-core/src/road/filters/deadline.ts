import { type Filter, isUpload } from '../call.ts'
import { Fault } from '../fault.ts'

/**
 * Limits a call to `timeout` ms, or the exchange's remaining time if less. A buffered reply must be complete by then; a
 * streamed one only needs its head, and its body may take `streamTimeout` ms more, as may an upload.
 */
export const deadline =
  (timeout: number, streamTimeout: number): Filter =>
  (call, next) => {
    const now = performance.now()
    const until = Math.min(now + (isUpload(call) ? streamTimeout : timeout), call.until)
    const left = until - now
    if (left < 1) return Promise.reject(new Fault('timeout', call.upstream))
    const scope = call.scope.child()
    const late = () => scope.end(new Fault('timeout', call.upstream))
    let timer = setTimeout(late, left)
    const release = () => {
      clearTimeout(timer)
      scope.close()
    }
    return next({ ...call, until, scope }).then(
      (reply) => {
        if (call.streamed && !reply.body.over) {
          clearTimeout(timer)
          timer = setTimeout(late, streamTimeout)
        }
        reply.body.onOver(release)
        return reply
      },
      (error) => {
        release()
        throw error
      },
    )
  }
