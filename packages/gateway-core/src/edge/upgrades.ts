import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Exchange, SessionEnd, SocketSession, Upgrade } from '../exchange.ts'
import { plain, plainPath } from '../plain.ts'
import { problem } from '../problem.ts'
import { refusalOf } from '../scope.ts'
import { type Trace, traceOf } from '../trace.ts'
import { admit as enter } from './admit.ts'
import { checks } from './checked.ts'
import { clientAddress } from './client-address.ts'
import { Inbound, type Surroundings } from './exchange.ts'
import { handshakeFault, hearOfLeaving } from './handshake.ts'
import { toProblem } from '../road/fault.ts'
import { refuse } from './refuse.ts'
import { type Bound, type Choice, choose, type Find, router } from './router.ts'
import { Seats } from '../seats.ts'

export interface UpgradeSurroundings extends Surroundings {
  /** Whose cap it counts against. Default: the user, or the address where nobody signed in. */
  readonly clientKey?: (exchange: Exchange) => string
  /** Milliseconds from the request to the change of protocol, guard and upstream included. Default 5 000. */
  readonly handshake?: number
  readonly counted?: SocketCounts | undefined
}

/** Told of sockets whose protocol has changed. Must not throw. */
export interface SocketCounts {
  readonly opened: (route: string) => void
  readonly closed: (route: string, why: SessionEnd) => void
}

/** The one way in for sockets that ask for another protocol. */
export interface Door {
  /** The server's `upgrade` listener. */
  readonly take: (req: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Sockets whose protocol has changed. */
  readonly open: number
  /** Say goodbye to all of them, each in its own words, and take no more. */
  readonly drain: () => void
}

/**
 * Middleware never sees an upgrade, so this door asks all of it anew: path, repeated headers, route, origin, handshake, guard,
 * limit, caps. It answers every request with 101 or a problem, and lets none wait longer than the handshake may take.
 */
export function upgrades(routes: readonly Bound[], around: UpgradeSurroundings, find: Find = router(routes)): Door {
  const seats = new Map<Upgrade, RouteSeats>()
  for (const { upgrade } of routes) if (upgrade !== undefined) seats.set(upgrade, seatsOf(upgrade))
  const open = new Map<Duplex, Stay>()
  const left = (socket: Duplex, { route, seats, client, session }: Stay) => {
    seats.all.leave('')
    if (client !== undefined) seats.client.leave(client)
    if (open.delete(socket)) around.counted?.closed(route, session?.why ?? 'client')
  }
  let draining = false
  const enter = async (visit: Visit): Promise<void> => {
    if (draining) throw problem(503, 'draining', { headers: { 'retry-after': '1' } })
    const { exchange, route, upgrade } = receive(find, visit, around)
    const { socket } = visit
    const stay: Stay = { route: route.path, seats: seats.get(upgrade)! }
    // Taken before it is let in, so that what only half finishes is counted too.
    if (!stay.seats.all.take('')) throw problem(503, 'too-many-sockets', { headers: { 'retry-after': '5' } })
    socket.on('close', () => left(socket, stay))
    stay.session = await admit(exchange, { route, upgrade, stay, around }, visit)
    if (socket.destroyed) return
    open.set(socket, stay)
    around.counted?.opened(route.path)
    // It ends with the proof that opened it, at once: a client that reads nothing would keep half of it.
    exchange.scope.onEnd((reason) => cut(socket, stay, reason))
    exchange.forgetHead()
    if (draining) leave(socket, stay)
  }
  return {
    take: (req, socket, head) =>
      void answer({ req, socket, head, trace: traceOf(req.headers, around.tracing) }, enter, around),
    get open() {
      return open.size
    },
    drain() {
      draining = true
      for (const [socket, stay] of open) leave(socket, stay)
    },
  }
}

function cut(socket: Duplex, { session }: Stay, reason: unknown): void {
  if (socket.destroyed) return
  if (session === undefined) socket.destroy()
  else session.cut(reason)
}

function leave(socket: Duplex, { session }: Stay): void {
  if (session === undefined) socket.end(() => socket.destroy())
  else session.leave()
}

interface Visit {
  readonly req: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly trace: Trace
  exchange?: Exchange
  route?: string
}

/** What a socket has, and gives back when it closes. */
interface Stay {
  readonly route: string
  readonly seats: RouteSeats
  /** Whose seat it has taken beside that of the route. */
  client?: string
  session?: SocketSession | void
}

interface RouteSeats {
  readonly all: Seats
  readonly client: Seats
}

const seatsOf = ({ caps }: Upgrade): RouteSeats => ({ all: new Seats(caps.route), client: new Seats(caps.client) })

/** Made here, it keeps nothing of a visit for as long as a socket is open. */
const nothing = (): void => undefined

/** One line in the log, whatever comes of it. */
async function answer(visit: Visit, enter: (visit: Visit) => Promise<void>, around: UpgradeSurroundings) {
  const { socket } = visit
  const traceId = visit.trace.id
  const start = performance.now()
  // Node has taken its own listeners away: an error that nobody hears would end the process.
  socket.on('error', nothing)
  const heard = hearOfLeaving(socket)
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(problem(504, 'upgrade-timeout')), around.handshake ?? 5_000)
  const line = () => lineOf(visit, traceId, performance.now() - start)
  try {
    await Promise.race([enter(visit), late.promise])
    around.log.info({ ...line(), status: 101 }, 'upgrade')
  } catch (error) {
    const failed = (visit.exchange && refusalOf(visit.exchange.scope)) ?? toProblem(error)
    const { code } = failed
    const status = socket.destroyed ? 499 : failed.status
    if (status >= 500) around.log.error({ ...line(), status, code, err: failed.cause }, 'upgrade refused')
    else around.log.info({ ...line(), status, code }, 'upgrade refused')
    visit.exchange?.scope.end(failed)
    if (socket.writable) refuse(socket, failed, traceId)
    else socket.destroy()
  } finally {
    clearTimeout(timer)
    heard()
  }
}

function lineOf({ req, route, exchange }: Visit, traceId: string, ms: number) {
  const agent = req.headers['user-agent']
  const user = exchange?.identity?.user.id
  return {
    traceId,
    path: plainPath(req.url ?? ''),
    route,
    ms: Math.round(ms),
    user: user === undefined ? undefined : plain(user, 128),
    address: exchange?.address ?? req.socket.remoteAddress,
    agent: agent === undefined ? undefined : plain(agent, 200),
  }
}

/** Everything that needs no waiting: the first fault is thrown. */
function receive(find: Find, visit: Visit, around: Surroundings) {
  const { check = checks(), addressOf = clientAddress() } = around
  const { req, socket, trace } = visit
  const { path, search } = check(req)
  const match = find('GET', path)
  if ('allow' in match) throw problem(404, 'route-not-found')
  // All it wants of a response is to hear of its end, and of that a socket tells in the same words.
  const res = socket as unknown as ServerResponse
  const matched = { trace, path, search, params: match.params, address: addressOf(req) }
  const exchange = new Inbound(req, res, matched, around)
  visit.exchange = exchange
  const { route, upgrade } = choose(match.bound, exchange) ?? {}
  if (route === undefined || upgrade === undefined)
    throw problem(404, 'route-not-found', { detail: 'This path takes no upgrade.' })
  exchange.believe(upgrade.authenticate)
  visit.route = route.path
  const fault = handshakeFault(req, upgrade.origins)
  if (fault !== undefined) throw fault
  return { exchange, route, upgrade }
}

interface Admission {
  readonly route: Choice['route']
  readonly upgrade: Upgrade
  readonly stay: Stay
  readonly around: UpgradeSurroundings
}

/** Everything that takes time. */
async function admit(
  exchange: Exchange,
  { route, upgrade, stay, around }: Admission,
  visit: Visit,
): Promise<SocketSession | void> {
  const { req, socket, head } = visit
  const grant = await enter(exchange, route, around, {})
  if (exchange.scope.ended || socket.destroyed) throw exchange.scope.reason
  const key = around.clientKey?.(exchange) ?? exchange.identity?.user.id ?? exchange.address
  if (!stay.seats.client.take(key)) throw problem(429, 'too-many-sockets', { headers: { 'retry-after': '5' } })
  stay.client = key
  return await upgrade.take(exchange, req, socket, head, grant)
}
