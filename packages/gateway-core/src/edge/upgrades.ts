import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Exchange, SessionEnd, SocketSession, Upgrade } from '../exchange.ts'
import { plainOrAbsent, plainPath } from '../plain.ts'
import { problem } from '../problem.ts'
import { refusalOf } from '../scope.ts'
import { type Trace, traceOf } from '../trace.ts'
import { admit } from './admit.ts'
import { checks } from './checked.ts'
import { clientAddress } from './client-address.ts'
import { InboundExchange, type Surroundings } from './exchange.ts'
import { handshakeFault, hearOfLeaving } from './handshake.ts'
import { toProblem } from '../road/fault.ts'
import { refuse } from './refuse.ts'
import { type Bound, type Choice, choose, type Find, router } from './router.ts'
import { Seats } from '../seats.ts'

export interface UpgradeSurroundings extends Surroundings {
  /** The client whose cap it counts against. Default: the user, or the address if none is signed in. */
  readonly clientKey?: (exchange: Exchange) => string
  /** Milliseconds from the request to the protocol switch, guard and upstream included. Default 5 000. */
  readonly handshake?: number
  readonly counted?: SocketCounts | undefined
}

/** Called for sockets whose protocol has switched. Must not throw. */
export interface SocketCounts {
  readonly opened: (route: string) => void
  readonly closed: (route: string, why: SessionEnd) => void
}

/** The entrance for protocol upgrades. */
export interface Door {
  /** The server's `upgrade` listener. */
  readonly take: (req: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Upgraded sockets. */
  readonly open: number
  /** Closes all of them gracefully, each by its own protocol, and takes no more. */
  readonly drain: () => void
}

/**
 * Middleware never sees an upgrade, so this repeats its checks: path, repeated headers, route, origin, handshake,
 * guard, limit, caps. Every request gets 101 or a problem, no later than the handshake may take.
 */
export function upgrades(routes: readonly Bound[], around: UpgradeSurroundings, find: Find = router(routes)): Door {
  const seats = new Map<Upgrade, RouteSeats>()
  for (const { upgrade } of routes) if (upgrade !== undefined) seats.set(upgrade, seatsOf(upgrade))
  const open = new Map<Duplex, OpenSocket>()
  const left = (socket: Duplex, { route, seats, client, session }: OpenSocket) => {
    seats.all.leave('')
    if (client !== undefined) seats.client.leave(client)
    if (open.delete(socket)) around.counted?.closed(route, session?.why ?? 'client')
  }
  let draining = false
  const establish = async (request: UpgradeRequest): Promise<void> => {
    if (draining) throw problem(503, 'draining', { headers: { 'retry-after': '1' } })
    const { exchange, route, upgrade } = matchRoute(find, request, around)
    const { socket } = request
    const held: OpenSocket = { route: route.path, seats: seats.get(upgrade)! }
    // Taken before admission, so that half-finished upgrades count too.
    if (!held.seats.all.take('')) throw problem(503, 'too-many-sockets', { headers: { 'retry-after': '5' } })
    socket.on('close', () => left(socket, held))
    held.session = await takeUpgrade(exchange, { route, upgrade, held, around }, request)
    if (socket.destroyed) return
    open.set(socket, held)
    around.counted?.opened(route.path)
    // Cuts the socket as soon as the credentials that opened it expire: gracefully is too late for a client that reads
    // nothing.
    exchange.scope.onEnd((reason) => cut(socket, held, reason))
    exchange.forgetHead()
    if (draining) leave(socket, held)
  }
  return {
    take: (req, socket, head) =>
      void answerUpgrade({ req, socket, head, trace: traceOf(req.headers, around.tracing) }, establish, around),
    get open() {
      return open.size
    },
    drain() {
      draining = true
      for (const [socket, held] of open) leave(socket, held)
    },
  }
}

function cut(socket: Duplex, { session }: OpenSocket, reason: unknown): void {
  if (socket.destroyed) return
  if (session === undefined) socket.destroy()
  else session.cut(reason)
}

function leave(socket: Duplex, { session }: OpenSocket): void {
  if (session === undefined) socket.end(() => socket.destroy())
  else session.leave()
}

interface UpgradeRequest {
  readonly req: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly trace: Trace
  exchange?: Exchange
  route?: string
}

/** What a socket holds, and gives back when it closes. */
interface OpenSocket {
  readonly route: string
  readonly seats: RouteSeats
  /** The client whose seat it has taken, beside the route's. */
  client?: string
  session?: SocketSession | void
}

interface RouteSeats {
  readonly all: Seats
  readonly client: Seats
}

const seatsOf = ({ caps }: Upgrade): RouteSeats => ({ all: new Seats(caps.route), client: new Seats(caps.client) })

/** At module level, so that it retains no request while a socket is open. */
const nothing = (): void => undefined

/** Logs one line, whatever the outcome. */
async function answerUpgrade(
  request: UpgradeRequest,
  establish: (request: UpgradeRequest) => Promise<void>,
  around: UpgradeSurroundings,
) {
  const { socket } = request
  const traceId = request.trace.id
  const start = performance.now()
  // Node has removed its own listeners: an unhandled error would end the process.
  socket.on('error', nothing)
  const heard = hearOfLeaving(socket)
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(problem(504, 'upgrade-timeout')), around.handshake ?? 5_000)
  const line = () => lineOf(request, traceId, performance.now() - start)
  try {
    await Promise.race([establish(request), late.promise])
    around.log.info({ ...line(), status: 101 }, 'upgrade')
  } catch (error) {
    const failed = (request.exchange && refusalOf(request.exchange.scope)) ?? toProblem(error)
    const { code } = failed
    const status = socket.destroyed ? 499 : failed.status
    if (status >= 500) around.log.error({ ...line(), status, code, err: failed.cause }, 'upgrade refused')
    else around.log.info({ ...line(), status, code }, 'upgrade refused')
    request.exchange?.scope.end(failed)
    if (socket.writable) refuse(socket, failed, traceId)
    else socket.destroy()
  } finally {
    clearTimeout(timer)
    heard()
  }
}

function lineOf({ req, route, exchange }: UpgradeRequest, traceId: string, ms: number) {
  return {
    traceId,
    path: plainPath(req.url ?? ''),
    route,
    ms: Math.round(ms),
    user: plainOrAbsent(exchange?.identity?.user.id, 128),
    address: exchange?.address ?? req.socket.remoteAddress,
    agent: plainOrAbsent(req.headers['user-agent'], 200),
  }
}

/** All synchronous checks; throws the first fault. */
function matchRoute(find: Find, request: UpgradeRequest, around: Surroundings) {
  const { check = checks(), addressOf = clientAddress() } = around
  const { req, socket, trace } = request
  const { path, search } = check(req)
  const match = find('GET', path)
  if ('allow' in match) throw problem(404, 'route-not-found')
  // Only the response's `close` event is used, which a socket emits as well.
  const res = socket as unknown as ServerResponse
  const matched = { trace, path, search, params: match.params, address: addressOf(req) }
  const exchange = new InboundExchange(req, res, matched, around)
  request.exchange = exchange
  const { route, upgrade } = choose(match.bound, exchange) ?? {}
  if (route === undefined || upgrade === undefined)
    throw problem(404, 'route-not-found', { detail: 'This path takes no upgrade.' })
  exchange.believe(upgrade.authenticate)
  request.route = route.path
  const fault = handshakeFault(req, upgrade.origins)
  if (fault !== undefined) throw fault
  return { exchange, route, upgrade }
}

interface Admission {
  readonly route: Choice['route']
  readonly upgrade: Upgrade
  readonly held: OpenSocket
  readonly around: UpgradeSurroundings
}

/** All asynchronous steps: admission, the client's cap, the protocol switch. */
async function takeUpgrade(
  exchange: Exchange,
  { route, upgrade, held, around }: Admission,
  request: UpgradeRequest,
): Promise<SocketSession | void> {
  const { req, socket, head } = request
  const grant = await admit(exchange, route, around, {})
  if (exchange.scope.ended || socket.destroyed) throw exchange.scope.reason
  const key = around.clientKey?.(exchange) ?? exchange.identity?.user.id ?? exchange.address
  if (!held.seats.client.take(key)) throw problem(429, 'too-many-sockets', { headers: { 'retry-after': '5' } })
  held.client = key
  return await upgrade.take(exchange, req, socket, head, grant)
}
