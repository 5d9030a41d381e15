import { type Filter, isUpload } from '../call.ts'
import { Fault } from '../fault.ts'

/**
 * Give a call `timeout` ms, or what its exchange has left if that is less. A read reply must be whole by then; of a streamed
 * one only the head, and the rest may take `streamTimeout` ms more, as may an upload.
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
