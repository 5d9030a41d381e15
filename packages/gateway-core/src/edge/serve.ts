import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { problem } from '../problem.ts'
import { traceIdOf } from '../trace.ts'
import { type Listening, listening } from './listening.ts'
import { refuse } from './refuse.ts'

export interface ServeOptions {
  readonly name: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly hostname: string
  /** What to change when the port is taken; part of the message. */
  readonly portVariable: string
  readonly handler: RequestListener
  readonly log: Logger
  /** Absent: every upgrade is refused. */
  readonly upgrade?: ((req: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined
  /** Absent: ready from the start. Asked by `/readyz`. */
  readonly ready?: (() => boolean) | undefined
  /** Called as the server begins to stop: the moment to end long-lived streams with a reason. */
  readonly drain?: (() => void) | undefined
  /** What to release once nothing uses it any more. */
  readonly release?: AsyncDisposable | undefined
}

/**
 * Listen, answer `/livez` and `/readyz`, and stop without losing a request: readiness fails first, answers under way are
 * finished and close their connection, and what is left after the grace is cut.
 */
export async function serve(options: ServeOptions): Promise<Listening> {
  const { handler, ready = () => true } = options
  let draining = false
  const server = createServer({ maxHeaderSize: 16_384, connectionsCheckingInterval: 1_000 }, (req, res) => {
    if (draining) res.setHeader('connection', 'close')
    // An answer begun before the stop has promised to keep its connection, and nothing will come of that.
    res.once('close', () => draining && server.closeIdleConnections())
    if (req.url === '/livez') res.writeHead(200).end('live\n')
    else if (req.url === '/readyz') sayReady(res, !draining && ready())
    else handler(req, res)
  })
  server.headersTimeout = 10_000
  server.requestTimeout = 60_000
  server.keepAliveTimeout = 65_000
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseOnce(socket, statusOf(error.code)))
  server.on('upgrade', options.upgrade ?? ((_req, socket) => refuseOnce(socket, 404)))
  return listening(options, server, () => {
    draining = true
    server.closeIdleConnections()
  })
}

const sayReady = (res: ServerResponse, ready: boolean) =>
  res.writeHead(ready ? 200 : 503).end(ready ? 'ready\n' : 'not ready\n')

const codes: Readonly<Record<number, string>> = {
  400: 'malformed-request',
  404: 'route-not-found',
  408: 'request-timeout',
  431: 'headers-too-large',
}

function statusOf(code: string | undefined): number {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408
  return code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
}

/** Not where something has been said already: it would be read as part of that. */
function refuseOnce(socket: Duplex, status: number): void {
  const fresh = (socket as Socket).bytesWritten === 0
  if (socket.writable && fresh) refuse(socket, problem(status, codes[status]!), traceIdOf({}))
  else socket.destroy()
}
