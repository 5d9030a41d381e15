import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { problem, type Problem } from '../problem.ts'
import { traceIdOf } from '../trace.ts'
import { bodies } from './bodies.ts'
import { allow } from './checked.ts'
import { Connections } from './connections.ts'
import { closeBehind, wantsWebSocket } from './handshake.ts'
import { type Listening, listening, type ListenOptions } from './listening.ts'
import { Load } from './load.ts'
import { messagesOf } from './messages.ts'
import { sendProblem } from './problems.ts'
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
  /** Milliseconds that the event loop may be late, time after time, before requests are refused (503 `overloaded`). Absent, or 0: never. */
  readonly shedAfter?: number | undefined
}

/**
 * Listen, answer `/livez` and `/readyz`, and stop without losing a request: readiness fails first, answers under way are
 * finished and close their connection, and what is left at the end is cut, see `listening`. Connections keep within `limits`.
 */
export async function serve(options: ServeOptions): Promise<Listening> {
  const { handler, ready = () => true, shedAfter = 0, log } = options
  const limits = limitsOf(options.limits, options.proxies)
  const watched = bodies(limits)
  const load = shedAfter > 0 ? new Load({ after: shedAfter, log }) : undefined
  let leaving = false
  let draining = false
  // An answer begun before the stop has promised to keep its connection, and nothing will come of that.
  const answered = () => void (draining && server.closeIdleConnections())
  const take = (req: IncomingMessage, res: ServerResponse) => {
    closeBehind(req, res)
    if (draining) res.setHeader('connection', 'close')
    if (req.url === '/livez') res.writeHead(200).end('live\n')
    else if (req.url === '/readyz') sayReady(res, leaving ? 'stopping' : load?.over === true ? 'overloaded' : ready())
    else if (req.url === '*' && req.method === 'OPTIONS') res.writeHead(204).end()
    else if (load?.over === true) shed(load, req, res)
    else handler(req, res)
  }
  const connections = new Connections(limits, watched, take, answered)
  const server = serverOf(handler, limits, connections)
  server.on('upgrade', upgradesOf(options.upgrade, load))
  server.once('close', () => {
    watched[Symbol.dispose]()
    load?.[Symbol.dispose]()
  })
  return listening(options, server, {
    unready: () => {
      leaving = true
    },
    close() {
      draining = true
      server.closeIdleConnections()
      connections.closeUnused()
    },
  })
}

function serverOf(handler: ServeOptions['handler'], limits: ServerLimits, connections: Connections): Server {
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
  return server
}

type TakeUpgrade = NonNullable<ServeOptions['upgrade']>

const noUpgrade: TakeUpgrade = (_req, socket) => refuse(socket, problem(404, 'route-not-found'), traceIdOf({}))

const upgradesOf =
  (take: TakeUpgrade = noUpgrade, load: Load | undefined): TakeUpgrade =>
  (req, socket, head) => {
    if (load?.over !== true) return take(req, socket, head)
    load.refused()
    refuse(socket, overloaded, traceIdOf(req.headers))
  }

/** Before anything is known of the request: the answer costs next to nothing, and comes while its client still waits. */
function shed(load: Load, req: IncomingMessage, res: ServerResponse): void {
  load.refused()
  sendProblem(res, overloaded, traceIdOf(req.headers))
}

const overloaded = problem(503, 'overloaded', { headers: { 'retry-after': '1' } })

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
