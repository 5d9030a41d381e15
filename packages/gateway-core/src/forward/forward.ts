import type { IncomingMessage, ServerResponse } from 'node:http'
import { createProxyMiddleware } from 'http-proxy-middleware'
import type { Away } from '../away.ts'
import type { Method } from '../contract.ts'
import type { Caps, Exchange, Guard, Handler, Predicate, Route } from '../exchange.ts'
import { problem } from '../problem.ts'
import type { Call, Reply } from '../road/call.ts'
import type { Address } from '../road/discover/address.ts'
import { fromClient, fromUpstream } from '../road/headers.ts'
import type { Road } from '../road/road.ts'
import { faultsOfCaps, streamCaps, type StreamCore, StreamSeats } from '../stream-seats.ts'
import { asksForEvents, untilAway } from './events.ts'
import { publicLocation } from './location.ts'
import { passOn } from './pass-on.ts'
import { personal } from './personal.ts'
import { forwardUpgrade, lastingOf, type UpgradeSpec } from './upgrade.ts'
import { uploadOf } from './upload.ts'
import { compileHeaderOps, compilePath, faultsOfRewrite, type Rewrite } from './rewrite.ts'

/** What only the running app has, and a forward needs. */
export interface ForwardCore extends StreamCore {
  readonly roads: Readonly<Record<string, Road>>
  /** What becomes of the event streams of services when we stop. */
  readonly away: Away
}

export interface ForwardSpec {
  readonly guard: Guard
  /** Default: reads only. A method that is not listed is answered 405. */
  readonly methods?: readonly Method[]
  /** Absent: every exchange. */
  readonly when?: Predicate
  /** Units of a rate limit that one request takes. Default: what the limit says. */
  readonly cost?: number
  /** Path and headers on their way. Default: the path without the prefix. */
  readonly rewrite?: Rewrite
  /**
   * Event streams of the service (`text/event-stream`) at a time. Beyond: 429 or 503 `too-many-streams` with `Retry-After`, before
   * anything is sent where `Accept` names the type, else when the answer turns out to be one. Default: 10 000 of the route, 32 of one
   * client. They take no place of calls (`bulkhead`), and end with `streamTimeout` or a silence of `idleTimeout`.
   */
  readonly caps?: Partial<Caps>
  /** WebSockets: from which sites, and how many. Absent: an upgrade is answered 404. */
  readonly upgrade?: Omit<UpgradeSpec, 'rewrite'>
}

/** Pass everything below `prefix` to an upstream, streamed both ways: `/api/catalog/images/x.svg` is its `/images/x.svg`. */
export function forward(prefix: string, upstream: string, spec: ForwardSpec): Route<ForwardCore> {
  const faults = [...faultsOfRewrite(prefix, spec.rewrite ?? {}), ...faultsOfCaps(spec.caps)]
  if (faults.length > 0) throw new TypeError(faults.map((fault) => `${prefix}: ${fault}`).join('\n'))
  const { upgrade, rewrite = {} } = spec
  const change = changeOf(prefix, rewrite)
  const [path, caps] = [`${prefix}/*`, streamCaps(spec.caps)]
  return {
    methods: spec.methods ?? ['GET', 'HEAD'],
    when: spec.when,
    cost: spec.cost,
    path,
    guard: spec.guard,
    made: {
      door: 'forward',
      prefix,
      upstream,
      upgrade: upgrade && lastingOf(upgrade),
      rewritten: change.rewritten,
      caps,
    },
    ...(upgrade && {
      bindUpgrade: ({ roads }: ForwardCore) =>
        forwardUpgrade(prefix, upstream, roadTo(roads, prefix, upstream), { ...upgrade, rewrite }),
    }),
    bind: (core) => {
      const seats = new StreamSeats(path, caps, core)
      return proxied({ prefix, upstream, road: roadTo(core.roads, prefix, upstream), change, away: core.away, seats })
    },
  }
}

function proxied(way: Way): Handler {
  const proxy = createProxyMiddleware({
    // Never dialled: the road knows where it leads.
    target: 'http://upstream.invalid',
    // Its own plugins answer errors with a body of their own, even after half of one was sent; ours sends the call down the road.
    ejectPlugins: true,
    plugins: [
      (server) => {
        // Without a listener its own report of a rejection would throw; the rejection itself reaches us.
        server.on('error', () => undefined)
        server.web = (req, res) => pass(way, (req as Carrier)[carried]!, req, res)
      },
    ],
  })
  return (exchange, req, res) =>
    new Promise((resolve, reject) => {
      ;(req as Carrier)[carried] = exchange
      // HPM hands a rejection of `web` to its third argument, and otherwise only resolves.
      proxy(req, res, reject as (error?: unknown) => void).then(resolve, reject)
    })
}

const changeOf = (prefix: string, rewrite: Rewrite): Change => ({
  path: compilePath(prefix, rewrite.path),
  rewritten: rewrite.path !== undefined,
  request: compileHeaderOps(rewrite.request ?? [], 'request'),
  response: compileHeaderOps(rewrite.response ?? [], 'response'),
})

function roadTo(roads: ForwardCore['roads'], prefix: string, upstream: string): Road {
  const road = roads[upstream]
  if (road === undefined) throw new TypeError(`${prefix}: "${upstream}" is not an upstream that speaks HTTP`)
  return road
}

/** A `Rewrite`, made functions at boot. */
interface Change {
  /** Then no path of the upstream's can be told from where the client would find it. */
  readonly rewritten: boolean
  readonly path: ReturnType<typeof compilePath>
  readonly request: ReturnType<typeof compileHeaderOps>
  readonly response: ReturnType<typeof compileHeaderOps>
}

/** HPM takes a request and nothing else along. (A WeakMap beside it would cost more in collections than all filters.) */
const carried = Symbol('exchange')
type Carrier = IncomingMessage & { [carried]?: Exchange }

interface Way {
  readonly prefix: string
  readonly upstream: string
  readonly road: Road
  readonly change: Change
  readonly away: Away
  readonly seats: StreamSeats
}

async function pass(way: Way, exchange: Exchange, req: IncomingMessage, res: ServerResponse) {
  const { prefix, upstream, road, change, away, seats } = way
  const url = change.path(exchange.path, exchange.params) + exchange.search
  const lasting = asksForEvents(req)
  if (lasting) seats.take(exchange, res)
  const reply = await ask(way, exchange, req, { url, lasting })
  const headers = responseHeaders(reply, change, road, url, mountOf(exchange.path, prefix))
  // A service sees no proof but ours, so 401 is about us: a client that was told could only sign in again, in vain.
  if (headers === undefined || reply.status === 401) {
    reply.body.destroy()
    const cause = new Error(headers ? 'it does not know us' : 'redirect to a foreign address')
    throw problem(502, 'upstream-failed', { source: upstream, cause })
  }
  if (reply.lasting === true && !lasting) seatUnasked(seats, reply, exchange, res)
  exchange.streams = reply.lasting === true
  res.writeHead(reply.status, headers)
  const body = reply.lasting === true ? untilAway(reply, away, exchange.traceId) : reply.body
  await passOn(body, res, (error) => {
    // A client that left is in the access log as 499, and no fault of anybody's.
    if (exchange.scope.ended) return
    exchange.log.warn({ traceId: exchange.traceId, err: error }, 'answer cut short')
  })
}

function ask(way: Way, exchange: Exchange, req: IncomingMessage, asked: Pick<Call, 'url' | 'lasting'>): Promise<Reply> {
  const { upstream, road, change } = way
  const upload = uploadOf(req, road.policy.maxRequestBytes)
  return road
    .send({
      upstream,
      method: exchange.method,
      headers: change.request(fromClient(req.rawHeaders)),
      body: upload ?? null,
      streamed: true,
      ...asked,
      // How long an upload takes is up to the client; the upstream's time begins when it has all of it.
      until: upload === undefined ? exchange.deadline : performance.now() + road.policy.streamTimeout,
      scope: exchange.scope,
      exchange,
    })
    .catch((error: unknown) => {
      throw upload?.refused ?? error
    })
}

/** Of a stream that its request did not ask for by name. */
function seatUnasked(seats: StreamSeats, reply: Reply, exchange: Exchange, res: ServerResponse): void {
  try {
    seats.take(exchange, res)
  } catch (refused) {
    reply.body.destroy()
    throw refused
  }
}

/** Where the client found the prefix: its parameters have values there. */
const mountOf = (path: string, prefix: string): string =>
  prefix.includes(':') ? path.split('/', prefix.split('/').length).join('/') : prefix

function responseHeaders(reply: Reply, change: Change, road: Road, url: string, mount: string) {
  const sent = fromUpstream(reply.headers)
  if (road.policy.token === 'user') sent['cache-control'] = personal(sent['cache-control'])
  const headers = change.response(sent)
  const { location } = headers
  if (typeof location === 'string') {
    const bases = road.addresses.flatMap((address) => [baseOf(road, address), address.url])
    const seen = change.rewritten ? undefined : publicLocation(location, bases, url, mount)
    if (seen === undefined) return undefined
    headers['location'] = seen
  }
  if (reply.status !== 204 && reply.status !== 304) headers['content-type'] ??= 'application/octet-stream'
  return headers
}

/** By its name, where it was found by one. */
const baseOf = (road: Road, address: Address): string => {
  const { origin, base } = road.endpointOf(address)
  return origin + base
}
