import type { IncomingMessage } from 'node:http'
import { type Away, awayEvent } from '../away.ts'
import { problem } from '../problem.ts'
import { Body } from '../road/body.ts'
import type { Reply } from '../road/call.ts'

/** Whether `Accept` names event streams, as an `EventSource` does. */
export const asksForEvents = ({ headers: { accept } }: IncomingMessage): boolean =>
  accept?.includes('text/event-stream') === true

/** Matches the end of an event: a blank line, with any line ending (WHATWG HTML §9.2.5). */
const blank = /(?:\n\n|\r\r|\n\r\n|\r\r\n)$/

/**
 * Ends a service's event stream between two events on shutdown, with an event of ours that says when to reconnect. A
 * browser reconnects by itself, and tells the service its position by `Last-Event-ID`. A compressed stream cannot be
 * parsed or appended to, so it is cut: browsers reconnect after that, too.
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
