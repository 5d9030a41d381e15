import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Problem } from '@bff/gateway-core/problem'

/** Answers an upgrade with an HTTP response instead. */
export function refuse(socket: Duplex, { status, options, body }: Problem, traceId: string): void {
  const text = JSON.stringify(body(traceId))
  const headers = {
    ...options.headers,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`)
}
