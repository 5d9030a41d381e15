import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { keySetPath } from '../auth/onward/key-ring.ts'
import { problem, type Problem } from '../problem.ts'
import { traceIdOf } from '../trace.ts'
import { bodies } from './bodies.ts'
import { allow } from './checked.ts'
import { ServerConnections } from './connections.ts'
import { closeBehind, wantsWebSocket } from './handshake.ts'
import { type Listening, listening, type ListenOptions } from './listening.ts'
import { Load } from './load.ts'
import { messagesOf } from './messages.ts'
import { sendProblem } from './problems.ts'
import { refusal, refuse } from './refuse.ts'
import { isShort, openFiles, Room } from './room.ts'
import { headBytes, interval, limit, limitsOf, type ServerLimits } from './server-limits.ts'

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean
  /** What is missing, for humans; also given when ready in spite of it. */
  readonly detail?: string | undefined
}

export interface ServeOptions extends ListenOptions {
  readonly handler: RequestListener
  /** Absent: every upgrade is refused. */
  readonly upgrade?: ((req: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined
  /** Asked by `/readyz`. Default: ready from the start. */
  readonly ready?: (() => Readiness) | undefined
  readonly limits?: Partial<ServerLimits> | undefined
  /**
   * Proxies before it, as addresses and CIDR ranges: they carry many clients, so their connections are not capped as
   * one client's.
   */
  readonly proxies?: readonly string[] | undefined
  /**
   * Sustained event loop delay in milliseconds above which requests are refused (503 `overloaded`). Absent, or 0:
   * never.
   */
  readonly shedAfter?: number | undefined
}

/**
 * Listens, answers `/livez` and `/readyz`, and shuts down without losing a request: readiness fails first, responses in
 * progress finish and close their connection, and what is left at the end is cut, see `listening`. Connections keep
 * within `limits`.
 */
export async function serve(options: ServeOptions): Promise<Listening> {
  const { handler, ready = () => ({ ready: true }), shedAfter = 0, log } = options
  const limits = limitsFor(options)
  const watched = bodies(limits)
  const room = new Room(limits.connections, log)
  const load = shedAfter > 0 ? new Load({ after: shedAfter, log }) : undefined
  let leaving = false
  let draining = false
  const readiness = (): Readiness => {
    const detail = leaving ? 'stopping' : load?.over === true ? 'overloaded' : room.full ? 'full' : undefined
    return detail === undefined ? ready() : { ready: false, detail }
  }
  const refuses = turnsAway(room, load)
  // A response begun before the shutdown has promised to keep its connection; it is closed once idle.
  const answered = () => void (draining && server.closeIdleConnections())
  const take = (req: IncomingMessage, res: ServerResponse) => {
    closeBehind(req, res)
    if (draining || room.turnsAway(req.socket)) res.setHeader('connection', 'close')
    if (req.url === '/livez') res.writeHead(200).end('live\n')
    else if (req.url === '/readyz') sayReady(res, readiness())
    else if (req.url === '*' && req.method === 'OPTIONS') res.writeHead(204).end()
    else if (!vital.has(req.url!) && refuses(req.socket)) sendProblem(res, overloaded, traceIdOf(req.headers))
    else handler(req, res)
  }
  const connections = new ServerConnections(limits, watched, room, take, answered)
  const server = serverOf(handler, limits, connections)
  server.on('upgrade', upgradesOf(options.upgrade, refuses))
  server.once('close', () => {
    watched[Symbol.dispose]()
    load?.[Symbol.dispose]()
  })
  return listening(options, server, {
    unready: () => void (leaving = true),
    close() {
      draining = true
      server.closeIdleConnections()
      connections.closeUnused()
    },
  })
}

function limitsFor({ limits: given, proxies, log }: ServeOptions): ServerLimits {
  const files = openFiles()
  const limits = limitsOf(given, proxies, files)
  if (isShort(files, given?.connections))
    log.warn(
      { openFiles: files, connections: limits.connections },
      'open files limit too low for this many connections: raise ulimit -n',
    )
  return limits
}

function serverOf(handler: ServeOptions['handler'], limits: ServerLimits, connections: ServerConnections): Server {
  const server = createServer({
    ...messagesOf(handler),
    maxHeaderSize: headBytes,
    connectionsCheckingInterval: interval,
    // A missing Host is reported with the other faults of a head.
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

type Refuses = (socket: Duplex) => boolean

const upgradesOf =
  (take: TakeUpgrade = noUpgrade, refuses: Refuses): TakeUpgrade =>
  (req, socket, head) =>
    refuses(socket) ? refuse(socket, overloaded, traceIdOf(req.headers)) : take(req, socket, head)

/** Never shed: monitoring must see an overload, and services verify the tokens of clients we still serve. */
const vital = new Set(['/metrics', keySetPath])

/** Refuses before anything is parsed: costs next to nothing, and comes while the client still waits. */
const turnsAway =
  (room: Room, load: Load | undefined): Refuses =>
  (socket) => {
    const over = load?.over === true
    if (over) load.refused()
    return over || room.turnsAway(socket)
  }

const overloaded = problem(503, 'overloaded', { headers: { 'retry-after': '1' } })

const sayReady = (res: ServerResponse, { ready, detail }: Readiness) =>
  res.writeHead(ready ? 200 : 503).end(`${ready ? '' : 'not '}ready${detail === undefined ? '' : `: ${detail}`}\n`)

interface ParseError extends Error {
  readonly code?: string
  /** The bytes received; the first `bytesParsed` were parsed. */
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

/** The problem for bytes that node could not parse; none for those after the last request. */
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
