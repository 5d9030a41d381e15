import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { problem, type Problem } from '../problem.ts'
import { traceIdOf } from '../trace.ts'
import { bodies } from './bodies.ts'
import { allow } from './checked.ts'
import { Connections } from './connections.ts'
import { closeBehind, wantsWebSocket } from './handshake.ts'
import { type Listening, listening, type ListenOptions } from './listening.ts'
import { messagesOf } from './messages.ts'
import { refusal, refuse } from './refuse.ts'
import { headBytes, interval, limit, limitsOf, type ServerLimits } from './server-limits.ts'

export interface ServeOptions extends ListenOptions {
  readonly handler: RequestListener
  /** Absent: every upgrade is refused. */
  readonly upgrade?: ((req: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined
  /** Absent: ready from the start. Asked by `/readyz`, which says what is missing when it is told. */
  readonly ready?: (() => boolean | string) | undefined
  readonly limits?: Partial<ServerLimits> | undefined
  /** Proxies before it, as addresses and CIDR ranges: they bring the connections of many, and are not counted as one client. */
  readonly proxies?: readonly string[] | undefined
}

/**
 * Listen, answer `/livez` and `/readyz`, and stop without losing a request: readiness fails first, answers under way are
 * finished and close their connection, and what is left after the grace is cut. Connections keep within `limits`.
 */
export async function serve(options: ServeOptions): Promise<Listening> {
  const { handler, ready = () => true } = options
  const limits = limitsOf(options.limits, options.proxies)
  let draining = false
  const watched = bodies(limits)
  const connections = new Connections(limits, watched, (req, res) => {
    closeBehind(req, res)
    if (draining) res.setHeader('connection', 'close')
    // An answer begun before the stop has promised to keep its connection, and nothing will come of that.
    res.once('close', () => draining && server.closeIdleConnections())
    if (req.url === '/livez') res.writeHead(200).end('live\n')
    else if (req.url === '/readyz') sayReady(res, draining ? 'stopping' : ready())
    else if (req.url === '*' && req.method === 'OPTIONS') res.writeHead(204).end()
    else handler(req, res)
  })
  const server = createServer({
    ...messagesOf(handler),
    maxHeaderSize: headBytes,
    connectionsCheckingInterval: interval,
    // That there is none is said with the other faults of a head.
    requireHostHeader: false,
    shouldUpgradeCallback: wantsWebSocket,
  })
  limit(server, limits)
  server.on('connection', connections.open)
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, connections.take)
  server.on('clientError', (error, socket) => connections.fail(faultOf(error), socket))
  server.on('connect', (_req, socket) =>
    refuse(socket, refusal(405, 'method-not-allowed', undefined, { allow }), traceIdOf({})),
  )
  server.on(
    'upgrade',
    options.upgrade ?? ((_req, socket) => refuse(socket, problem(404, 'route-not-found'), traceIdOf({}))),
  )
  server.once('close', () => watched[Symbol.dispose]())
  return listening(options, server, () => {
    draining = true
    server.closeIdleConnections()
  })
}

const sayReady = (res: ServerResponse, ready: boolean | string) =>
  ready === true
    ? res.writeHead(200).end('ready\n')
    : res.writeHead(503).end(ready === false ? 'not ready\n' : `not ready: ${ready}\n`)

interface ParseError extends Error {
  readonly code?: string
  /** What had come, up to `bytesParsed` of which was understood. */
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

/** What to say of bytes that node could not read; nothing of those that came after the last request. */
function faultOf({ code, rawPacket, bytesParsed = 0 }: ParseError): Problem | undefined {
  switch (code) {
    case 'HPE_CLOSED_CONNECTION':
    case 'ECONNRESET':
      return undefined
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusal(408, 'request-timeout')
    case 'HPE_HEADER_OVERFLOW':
      return refusal(431, 'headers-too-large')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refusal(413, 'content-too-large')
    case 'HPE_INVALID_METHOD':
      return requestLine.test(lineAt(rawPacket, bytesParsed))
        ? refusal(501, 'method-unknown')
        : refusal(400, 'malformed-request')
    default:
      return refusal(400, 'malformed-request')
  }
}

const requestLine = /^[!#$%&'*+.^`|~\w-]{1,32} [\x21-\x7e]+ HTTP\/1\.[01]\r\n/

function lineAt(packet: Buffer | undefined, at: number): string {
  const text = packet?.toString('latin1') ?? ''
  return text.slice(at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1).slice(0, headBytes)
}
