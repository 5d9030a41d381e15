import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { problem, type Problem } from '../problem.ts'
import { traceIdOf } from '../trace.ts'
import { sendProblem } from './problems.ts'

/** Milliseconds a connection we closed stays open for what its client still sends. */
const lingering = 1_000

/** A problem after which nothing on the connection can be trusted, so that it is closed. */
export const refusal = (
  status: number,
  code: string,
  detail?: string,
  headers: Readonly<Record<string, string>> = {},
): Problem => problem(status, code, { detail, headers: { ...headers, connection: 'close' } })

/** Answers with a problem on a socket without a response object, such as an upgrade's, and closes it. */
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

/** Answers a request in place of its handler; if a response has begun, cuts the connection. */
export function interrupt(res: ServerResponse, failed: Problem): void {
  const { locals } = res as { locals?: { traceId?: string; failed?: Problem } }
  if (locals !== undefined) locals.failed = failed
  sendProblem(res, failed, locals?.traceId ?? traceIdOf({}))
}

/**
 * Waits for the client to close its half, a second at most, and discards what it sends until then. Destroying a socket
 * with unread bytes resets the connection, and the response may be lost with it.
 */
export function linger(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), lingering)
  socket
    .once('end', () => socket.destroy())
    .once('error', () => socket.destroy())
    .once('close', () => clearTimeout(timer))
    .resume()
}
