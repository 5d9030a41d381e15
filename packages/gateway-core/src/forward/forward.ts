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

/** What a forward needs of the running app. */
export interface ForwardCore extends StreamCore {
  readonly roads: Readonly<Record<string, Road>>
  /** How event streams of services end on shutdown. */
  readonly away: Away
}

export interface ForwardSpec {
  readonly guard: Guard
  /** Default: reads only. Other methods are answered 405. */
  readonly methods?: readonly Method[]
  /** Absent: every exchange. */
  readonly when?: Predicate
  /** Rate limit units per request. Default: the limit's. */
  readonly cost?: number
  /** Changes to path and headers. Default: strips the prefix. */
  readonly rewrite?: Rewrite
  /**
   * Concurrent event streams (`text/event-stream`). Beyond: 429 or 503 `too-many-streams` with `Retry-After`, before
   * anything is sent if `Accept` names the type, else when the response turns out to be one. Default: 10 000 per route,
   * 32 per client. They do not count towards the `bulkhead`, and end after `streamTimeout` or `idleTimeout` of silence.
   */
  readonly caps?: Partial<Caps>
  /** WebSockets: allowed origins and caps. Absent: an upgrade is answered 404. */
  readonly upgrade?: Omit<UpgradeSpec, 'rewrite'>
}

/**
 * Forwards everything below `prefix` to an upstream, streamed both ways: `/api/catalog/images/x.svg` becomes
 * `/images/x.svg`.
 */
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

function proxied(forwarding: Forwarding): Handler {
  const proxy = createProxyMiddleware({
    // Never dialled: the road picks the address.
    target: 'http://upstream.invalid',
    // The default plugins answer errors with their own body, even after half a response; ours sends the call down the
    // road.
    ejectPlugins: true,
    plugins: [
      (server) => {
        // Without a listener the proxy's error event would throw; the rejection itself reaches us.
        server.on('error', () => undefined)
        server.web = (req, res) => pass(forwarding, (req as Carrier)[carried]!, req, res)
      },
    ],
  })
  return (exchange, req, res) =>
    new Promise((resolve, reject) => {
      ;(req as Carrier)[carried] = exchange
      // http-proxy-middleware passes a rejection of `web` to its third argument, and otherwise only resolves.
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

/** A `Rewrite`, compiled at boot. */
interface Change {
  /** If so, an upstream path cannot be mapped back to the client's. */
  readonly rewritten: boolean
  readonly path: ReturnType<typeof compilePath>
  readonly request: ReturnType<typeof compileHeaderOps>
  readonly response: ReturnType<typeof compileHeaderOps>
}

/**
 * The proxy passes on only the request, so the exchange travels on it. (A WeakMap would cost more in garbage collection
 * than all filters.)
 */
const carried = Symbol('exchange')
type Carrier = IncomingMessage & { [carried]?: Exchange }

interface Forwarding {
  readonly prefix: string
  readonly upstream: string
  readonly road: Road
  readonly change: Change
  readonly away: Away
  readonly seats: StreamSeats
}

async function pass(forwarding: Forwarding, exchange: Exchange, req: IncomingMessage, res: ServerResponse) {
  const { upstream, change, away, seats } = forwarding
  const url = change.path(exchange.path, exchange.params) + exchange.search
  const lasting = asksForEvents(req)
  if (lasting) seats.take(exchange, res)
  const reply = await ask(forwarding, exchange, req, { url, lasting })
  const headers = responseHeaders(reply, forwarding, url, exchange)
  // A service sees only our credentials, so a 401 is about us: a client that received it could only sign in again, in
  // vain.
  if (headers === undefined || reply.status === 401) {
    reply.body.destroy()
    const cause = new Error(headers ? 'it rejected our credentials' : 'redirect to a foreign address')
    throw problem(502, 'upstream-failed', { source: upstream, cause })
  }
  if (reply.lasting === true && !lasting) seatUnasked(seats, reply, exchange, res)
  exchange.streams = reply.lasting === true
  res.writeHead(reply.status, headers)
  const body = reply.lasting === true ? untilAway(reply, away, exchange.traceId) : reply.body
  await passOn(body, res, (error) => {
    // A client that left is logged as 499, and is no fault.
    if (exchange.scope.ended) return
    exchange.log.warn({ traceId: exchange.traceId, err: error }, 'answer cut short')
  })
}

function ask(
  forwarding: Forwarding,
  exchange: Exchange,
  req: IncomingMessage,
  asked: Pick<Call, 'url' | 'lasting'>,
): Promise<Reply> {
  const { upstream, road, change } = forwarding
  const upload = uploadOf(req, road.policy.maxRequestBytes)
  return road
    .send({
      upstream,
      method: exchange.method,
      headers: change.request(fromClient(req.rawHeaders)),
      body: upload ?? null,
      streamed: true,
      ...asked,
      // The client sets the pace of an upload; the upstream's time starts when it has all of it.
      until: upload === undefined ? exchange.deadline : performance.now() + road.policy.streamTimeout,
      scope: exchange.scope,
      exchange,
    })
    .catch((error: unknown) => {
      throw upload?.refused ?? error
    })
}

/** Takes a seat for a stream the request did not ask for by name. */
function seatUnasked(seats: StreamSeats, reply: Reply, exchange: Exchange, res: ServerResponse): void {
  try {
    seats.take(exchange, res)
  } catch (refused) {
    reply.body.destroy()
    throw refused
  }
}

/** The prefix as the client sent it, with parameter values. */
const mountOf = (path: string, prefix: string): string =>
  prefix.includes(':') ? path.split('/', prefix.split('/').length).join('/') : prefix

function responseHeaders(reply: Reply, { prefix, road, change }: Forwarding, url: string, { path }: Exchange) {
  const sent = fromUpstream(reply.headers)
  if (road.policy.token === 'user') sent['cache-control'] = personal(sent['cache-control'])
  const headers = change.response(sent)
  const { location } = headers
  if (typeof location === 'string') {
    const bases = road.addresses.flatMap((address) => [baseOf(road, address), address.url])
    const seen = change.rewritten ? undefined : publicLocation(location, bases, url, mountOf(path, prefix))
    if (seen === undefined) return undefined
    headers['location'] = seen
  }
  if (reply.status !== 204 && reply.status !== 304) headers['content-type'] ??= 'application/octet-stream'
  return headers
}

/** The base by host name, if the address was resolved from one. */
const baseOf = (road: Road, address: Address): string => {
  const { origin, base } = road.endpointOf(address)
  return origin + base
}
