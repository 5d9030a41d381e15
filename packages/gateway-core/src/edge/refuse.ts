import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Problem } from '../problem.ts'

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
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${failed.status} ${STATUS_CODES[failed.status]}\r\n${lines.join('')}\r\n${body}`)
}
