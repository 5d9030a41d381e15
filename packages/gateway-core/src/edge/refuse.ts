import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { problem, type Problem } from '../problem.ts'
import { traceIdOf } from '../trace.ts'
import { sendProblem } from './problems.ts'

/** Milliseconds a connection that we have closed stays open for what its client is still sending. */
const lingering = 1_000

/** A problem after which nothing that comes on the connection can be believed, so that it is closed. */
export const refusal = (
  status: number,
  code: string,
  detail?: string,
  headers: Readonly<Record<string, string>> = {},
): Problem => problem(status, code, { detail, headers: { ...headers, connection: 'close' } })

/** Answer with a problem on a socket for which there is no response object, such as an upgrade's, and close it. */
export function refuse(socket: Duplex, failed: Problem, traceId: string): void {
  const body = JSON.stringify(failed.body(traceId))
  const headers = {
    ...failed.options.headers,
    'cache-control': 'no-store',
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${failed.status} ${STATUS_CODES[failed.status]}\r\n${lines.join('')}\r\n${body}`)
  linger(socket)
}

/** Answer a request that its own handler has not answered yet; where it has begun to, cut the connection. */
export function interrupt(res: ServerResponse, failed: Problem): void {
  const { locals } = res as { locals?: { traceId?: string; failed?: Problem } }
  if (locals !== undefined) locals.failed = failed
  sendProblem(res, failed, locals?.traceId ?? traceIdOf({}))
}

/**
 * Wait for the client to close its half too, a second at most, and throw away what it sends until then. A socket that is
 * destroyed with bytes unread resets the connection, and the answer may be lost with it.
 */
export function linger(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), lingering)
  socket
    .once('end', () => socket.destroy())
    .once('error', () => socket.destroy())
    .once('close', () => clearTimeout(timer))
    .resume()
}
