import type { IncomingMessage } from 'node:http'
import { type Away, awayEvent } from '../away.ts'
import { problem } from '../problem.ts'
import { Body } from '../road/body.ts'
import type { Reply } from '../road/call.ts'

/** Whether a request names event streams among what it takes, as that of an `EventSource` does. */
export const asksForEvents = ({ headers: { accept } }: IncomingMessage): boolean =>
  accept?.includes('text/event-stream') === true

/** Bytes that show whether an event has ended: a blank line, however its ends are written (WHATWG HTML §9.2.5). */
const blank = /(?:\n\n|\r\r|\n\r\n|\r\r\n)$/

/**
 * The event stream of a service, which ends between two events when we stop: with one of ours that says so and when to come back.
 * A browser connects again by itself, and tells the service with `Last-Event-ID` where it was. One that is compressed cannot be read
 * or added to, and is cut: that, too, a browser takes for a reason to connect again.
 */
export function untilAway({ body, headers }: Reply, { leaving, comeBack }: Away, traceId: string): Body {
  if (headers['content-encoding'] !== undefined) {
    body.onOver(leaving.onEnd((reason) => body.destroy(reason as Error)))
    return body
  }
  let room = true
  let tail = '\n\n'
  const passed = new Body({
    pause: () => {
      room = false
    },
    resume: () => {
      room = true
      body.resume()
    },
    abort: (reason) => body.destroy(reason),
  })
  const leave = () => {
    passed.push(Buffer.from(awayEvent(problem(503, 'draining').body(traceId), comeBack())))
    passed.finish()
    body.destroy()
  }
  const leaveBetween = () => {
    if (!passed.over && blank.test(tail)) leave()
  }
  body.onOver(leaving.onEnd(leaveBetween))
  body.read({
    data(chunk) {
      if (passed.over) return true
      passed.push(chunk)
      tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 4))).slice(-4)
      if (leaving.ended) leaveBetween()
      return room
    },
    end: () => passed.finish(),
    fail: (error) => passed.fail(error),
  })
  return passed
}
