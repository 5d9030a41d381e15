import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { problem } from '../problem.ts'

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

export interface Listening extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/** Milliseconds that requests under way get to finish when the server stops. */
const grace = 3_000

/**
 * Listen, answer `/livez` and `/readyz`, and stop without losing a request: readiness fails first, answers under way are
 * finished and close their connection, and what is left after the grace is cut.
 */
export async function serve(options: ServeOptions): Promise<Listening> {
  const { name, port, hostname, portVariable, handler, log, ready = () => true, release } = options
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
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(socket, statusOf(error.code)))
  server.on('upgrade', options.upgrade ?? ((_req, socket) => refuse(socket, 404)))
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await listen(server, port, hostname, portVariable)
  const address = server.address() as AddressInfo
  const url = `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${address.port}`
  log.info({ service: name, url }, 'ready')
  let stopped: Promise<void> | undefined
  const stop = async () => {
    draining = true
    log.info({ service: name }, 'stopping')
    options.drain?.()
    await close(server, sockets)
    await release?.[Symbol.asyncDispose]()
  }
  return { url, port: address.port, [Symbol.asyncDispose]: () => (stopped ??= stop()) }
}

/** Rejects with what to change when the port is taken. */
export async function listen(server: NetServer, port: number, hostname: string, variable: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => {
    const taken = new Error(`Port ${port} is in use. Set ${variable} to another, or stop what holds it.`, {
      cause: error,
    })
    reject(error.code === 'EADDRINUSE' ? taken : error)
  })
  server.listen(port, hostname, resolve)
  await promise
}

const sayReady = (res: ServerResponse, ready: boolean) =>
  res.writeHead(ready ? 200 : 503).end(ready ? 'ready\n' : 'not ready\n')

async function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeIdleConnections()
  // Upgraded sockets are none of the server's connections any more, yet it waits for them.
  const timer = setTimeout(() => sockets.forEach((socket) => socket.destroy()), grace)
  await promise
  clearTimeout(timer)
}

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

/** Answer a connection on which there is no response object, once, and close it. */
function refuse(socket: Duplex, status: number): void {
  const fresh = (socket as Socket).bytesWritten === 0
  if (!socket.writable || !fresh) return void socket.destroy()
  const body = JSON.stringify(problem(status, codes[status]!).body(crypto.randomUUID().replaceAll('-', '')))
  socket.end(
    `HTTP/1.1 ${status} \r\nconnection: close\r\ncache-control: no-store\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
