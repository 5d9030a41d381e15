import type { IncomingMessage, ServerResponse } from 'node:http'
import { createProxyMiddleware } from 'http-proxy-middleware'
import type { Away } from '../away.ts'
import type { Method } from '../contract.ts'
import type { Exchange, Guard, Route } from '../exchange.ts'
import { problem } from '../problem.ts'
import type { Reply } from '../road/call.ts'
import { type Address, endpointOf } from '../road/discover/address.ts'
import { fromClient, fromUpstream } from '../road/headers.ts'
import type { Road } from '../road/road.ts'
import { isEvents, untilAway } from './events.ts'
import { publicLocation } from './location.ts'
import { passOn } from './pass-on.ts'
import { forwardUpgrade, type UpgradeSpec } from './upgrade.ts'
import { uploadOf } from './upload.ts'
import { compileHeaderOps, compilePath, faultsOfRewrite, type Rewrite } from './rewrite.ts'
import type { Predicate } from '../exchange.ts'

/** What only the running app has, and a forward needs. */
export interface ForwardCore {
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
  /** WebSockets: from which sites, and how many. Absent: an upgrade is answered 404. */
  readonly upgrade?: Omit<UpgradeSpec, 'rewrite'>
}

/** Pass everything below `prefix` to an upstream, streamed both ways: `/api/catalog/images/x.svg` is its `/images/x.svg`. */
export function forward(prefix: string, upstream: string, spec: ForwardSpec): Route<ForwardCore> {
  const faults = faultsOfRewrite(prefix, spec.rewrite ?? {})
  if (faults.length > 0) throw new TypeError(faults.map((fault) => `${prefix}: ${fault}`).join('\n'))
  const { upgrade, rewrite = {} } = spec
  const change = changeOf(prefix, rewrite)
  return {
    methods: spec.methods ?? ['GET', 'HEAD'],
    when: spec.when,
    cost: spec.cost,
    path: `${prefix}/*`,
    guard: spec.guard,
    made: { door: 'forward', prefix, upstream, upgrade: !!upgrade, rewritten: change.rewritten },
    ...(upgrade && {
      bindUpgrade: ({ roads }: ForwardCore) =>
        forwardUpgrade(prefix, upstream, roadTo(roads, prefix, upstream), { ...upgrade, rewrite }),
    }),
    bind: ({ roads, away }) => {
      const way: Way = { prefix, upstream, road: roadTo(roads, prefix, upstream), change, away }
      const proxy = createProxyMiddleware({
        // Never dialled: the road knows where it leads.
        target: 'http://upstream.invalid',
        // Its own plugins answer errors with a body of their own, even after half of one was sent; ours sends the call down the road.
        ejectPlugins: true,
        pathFilter: () => true,
        plugins: [
          (server) => {
            // Without a listener its own report of a rejection would throw; the rejection itself reaches us.
            server.on('error', () => undefined)
            server.web = (carrier, res) => pass(way, carrier as unknown as Carrier, res)
          },
        ],
      })
      return (exchange, req, res) =>
        new Promise((resolve, reject) => {
          const carrier: Carrier = { url: '', exchange, req }
          // HPM hands a rejection of `web` to its third argument, and otherwise only resolves.
          proxy(carrier as never, res, reject as (error?: unknown) => void).then(resolve, reject)
        })
    },
  }
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

/** What HPM takes along for a request. Without a URL, which it would parse each time though it has nothing to choose. */
interface Carrier {
  readonly url: ''
  readonly exchange: Exchange
  readonly req: IncomingMessage
}

interface Way {
  readonly prefix: string
  readonly upstream: string
  readonly road: Road
  readonly change: Change
  readonly away: Away
}

async function pass(way: Way, { exchange, req }: Carrier, res: ServerResponse) {
  const { prefix, upstream, road, change, away } = way
  const url = change.path(exchange.path, exchange.params) + exchange.search
  const upload = uploadOf(req, road.policy.maxRequestBytes)
  const reply = await road
    .send({
      upstream,
      method: exchange.method,
      url,
      headers: change.request(fromClient(req.rawHeaders)),
      body: upload ?? null,
      streamed: true,
      // How long an upload takes is up to the client; the upstream's time begins when it has all of it.
      until: upload === undefined ? exchange.deadline : performance.now() + road.policy.streamTimeout,
      scope: exchange.scope,
      exchange,
    })
    .catch((error: unknown) => {
      throw upload?.refused ?? error
    })
  const headers = responseHeaders(reply, change, road, url, prefix)
  // A service sees no proof but ours, so 401 is about us: a client that was told could only sign in again, in vain.
  if (headers === undefined || reply.status === 401) {
    reply.body.destroy()
    const cause = new Error(headers ? 'it does not know us' : 'redirect to a foreign address')
    throw problem(502, 'upstream-failed', { source: upstream, cause })
  }
  res.writeHead(reply.status, headers)
  const body = isEvents(headers) ? untilAway(reply.body, away, exchange.traceId) : reply.body
  await passOn(body, res, (error) => {
    // A client that left is in the access log as 499, and no fault of anybody's.
    if (exchange.scope.ended) return
    exchange.log.warn({ traceId: exchange.traceId, err: error }, 'answer cut short')
  })
}

function responseHeaders(reply: Reply, change: Change, road: Road, url: string, prefix: string) {
  const headers = change.response(fromUpstream(reply.headers))
  const { location } = headers
  if (typeof location === 'string') {
    const bases = road.addresses.flatMap((address) => [baseOf(address), address.url])
    const seen = change.rewritten ? undefined : publicLocation(location, bases, url, prefix)
    if (seen === undefined) return undefined
    headers['location'] = seen
  }
  if (reply.status !== 204 && reply.status !== 304) headers['content-type'] ??= 'application/octet-stream'
  return headers
}

/** By its name, where it was found by one. */
const baseOf = (address: Address): string => {
  const { origin, base } = endpointOf(address)
  return origin + base
}
