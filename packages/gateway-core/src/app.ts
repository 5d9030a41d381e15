import express from 'express'
import helmet from 'helmet'
import type { Logger } from 'pino'
import { audit } from './auth/audit.ts'
import type { InternalTokens } from './auth/onward/internal-tokens.ts'
import type { Revocations } from './auth/revocation/revocations.ts'
import { withdrawn } from './auth/revocation/withdrawn.ts'
import type { Core, Opened } from './connect.ts'
import type { TokenSource } from './credential.ts'
import { accessLog } from './edge/access-log.ts'
import { answer } from './edge/answer.ts'
import { checks } from './edge/checked.ts'
import { type Check, cookieless } from './edge/cookieless.ts'
import { clientAddress, limitKey } from './edge/client-address.ts'
import { everyAnswer, headersOf } from './edge/every-answer.ts'
import { deprecation } from './edge/deprecation.ts'
import { dispatcher } from './edge/dispatch.ts'
import type { Gate, Limiters, Surroundings } from './edge/exchange.ts'
import { type Limit, limiter } from './edge/limit.ts'
import { notFound, problems } from './edge/problems.ts'
import { router } from './edge/router.ts'
import type { Listening } from './edge/listening.ts'
import { type Readiness, serve, type ServeOptions } from './edge/serve.ts'
import { refuseUnguarded } from './edge/unguarded.ts'
import { type Door, upgrades } from './edge/upgrades.ts'
import type { Authenticate, Exchange, Identity, Route } from './exchange.ts'
import { within } from './networks.ts'
import { keySetPage, keySetPath } from './auth/onward/key-ring.ts'
import { metricsPage, privateNetworks, privatePages } from './observe/endpoint.ts'
import type { Metrics } from './observe/metrics.ts'
import type { Document } from './openapi/document.ts'
import { documented } from './openapi/documented.ts'
import { tickets } from './auth/tickets.ts'
import type { Tls } from './road/tls.ts'
import { memoryStore } from './state/memory.ts'
import { Scope } from './scope.ts'
import { stagger } from './away.ts'
import type { Store } from './state/store.ts'
import type { Tracing } from './trace.ts'

export interface Running<Upstream extends string = string> {
  /** Addresses of every upstream, from the environment: see `parseAddresses`. */
  readonly upstreams: Readonly<Record<Upstream, string>>
  /** For those whose addresses are https: an authority or a name of their own, a certificate that they ask for. Default: as Node does. */
  readonly tls?: { readonly [N in Upstream]?: Tls | undefined } | undefined
  /** How this BFF's clients prove who they are. */
  readonly authenticate: Authenticate
  /** What is taken back of it before its time. It is disposed with the app. Absent: nothing is, and a stream may outlive the proof that opened it. */
  readonly revocations?: Revocations | undefined
  readonly log: Logger
  /** `none`: those that come are ignored and counted, and none leaves; for clients that prove themselves by tokens. Default `used`. */
  readonly cookies?: 'used' | 'none' | undefined
  /** Names this BFF answers as, without ports. Default: any, which only suits development. */
  readonly hosts?: readonly string[] | undefined
  /** Says to services for whom they are asked: see `internalTokens`. Needed where a policy's `token` is `user` or `client`. */
  readonly tokens?: InternalTokens | undefined
  /** Of each upstream whose `token` is `external`: where it comes from, such as `clientCredentials`. */
  readonly external?: Readonly<Partial<Record<Upstream, TokenSource>>> | undefined
  /** Proxies before this BFF, as addresses and CIDR ranges: only they may say for whom they speak. Default none. */
  readonly proxies?: readonly string[] | undefined
  readonly limits?: Limits | undefined
  /** What the processes of this app share. It is disposed with the app. Default: the memory of this one. */
  readonly store?: Store | undefined
  /**
   * Whether `/readyz` fails while the store cannot be reached. It is the same store for all processes, so then all of them leave their
   * balancer at once, with whatever needs none. Default false: `/readyz` and `store_up` in `/metrics` tell of it.
   */
  readonly storeRequired?: boolean | undefined
  /** Which clients may use which routes, asked before their guards. Default: all. */
  readonly gate?: Gate | undefined
  /** Whether a caller may name the trace it belongs to. Default `continue`. */
  readonly tracing?: Tracing | undefined
  /** What it answers at `/openapi.json` and, for people, at `/docs`. Absent: neither exists. */
  readonly document?: Document | undefined
  /** Who may read `/metrics` and the keys of `tokens`, as addresses and CIDR ranges. Default: this machine and private networks. */
  readonly scrapers?: readonly string[] | undefined
  /** Milliseconds over which the clients of streams are asked to come back when it stops. Default 5 000. */
  readonly reconnectWithin?: number | undefined
  /** Answers a GET that no route knows. Absent: 404. */
  readonly fallback?: express.RequestHandler
}

export interface Limits {
  /** Before anything is known of the caller, by address. */
  readonly address?: Limit
  /** By user, once somebody has signed in. */
  readonly user?: Limit
  /** While the store fails: `open` lets everyone pass, as a limit protects and does not admit; `closed` answers 503. */
  readonly onStoreError: 'open' | 'closed'
}

/**
 * So many requests of one user in any minute, on average; an address, which many may share, gets five times as many. While they
 * cannot be counted, everyone passes.
 */
export const perMinute = (requests = 1_200): Limits => ({
  address: { name: 'address', quota: requests * 5, window: 60_000 },
  user: { name: 'user', quota: requests, window: 60_000 },
  onStoreError: 'open',
})

/** An Express app; disposing it closes its connections to the upstreams, and its store. */
export interface App extends AsyncDisposable {
  /** For `serve`. Nothing that is down is a reason not to be ready, unless `storeRequired` says so: the rest still answers. */
  readonly ready: () => Readiness
  readonly handler: express.Express
  /** For `serve`: its `take` as `upgrade`, its `drain` as `drain`. */
  readonly door: Door
  /** Puts it on a port, with its own log and the proxies that it trusts; stopping the server disposes the app. */
  serve(at: Omit<ServeOptions, keyof App | 'upgrade' | 'drain' | 'proxies' | 'log' | 'release'>): Promise<Listening>
}

/** Also what was declared of it. */
interface Given extends Running {
  readonly budget: number
  readonly counted: Metrics
}

/** The order of things: what every request meets first stands first. */
export function createApp(opened: Opened, routes: readonly Route<Core>[], running: Given): App {
  refuseUnguarded(routes)
  const { log, counted, document, fallback, store = memoryStore(), tracing = 'continue' } = running
  const bare = running.cookies === 'none' ? cookieless(log, counted.cookie) : undefined
  const around = surroundings(running, store, bare?.incoming)
  const away = { leaving: new Scope(), comeBack: stagger(running.reconnectWithin ?? 5_000) }
  const dispatch = dispatcher(() => find, around)
  const core: Core = { ...opened, ...provenBy(running, store), away, clientKey, streams: counted.streams, dispatch }
  const bound = routes.map(deprecation(Date.now, counted.deprecated)).map((route) => boundTo(core, route))
  const find = router(bound)
  const handler = express()
  for (const setting of ['x-powered-by', 'etag']) handler.disable(setting)
  everyAnswer(handler, headersOf(helmet({ contentSecurityPolicy })), bare?.outgoing)
  handler.use(accessLog(log, { tracing, began: counted.began, ended: counted.ended }))
  handler.use(privatePagesOf(running))
  handler.use(answer(bound, around, find))
  if (document !== undefined) handler.use(documented(document))
  if (fallback !== undefined) handler.use(fallback)
  handler.use(notFound, problems)
  const door = upgrades(bound, { ...around, counted: counted.sockets }, find)
  const app = {
    handler,
    door: leavingWith(door, away.leaving),
    ready: readiness(store, running),
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]()
      await running.revocations?.[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]?.()
    },
  }
  return { ...app, serve: servedBy(running, app) }
}

const servedBy =
  ({ log, proxies }: Running, app: Omit<App, 'serve'>): App['serve'] =>
  (at) => {
    const { handler, ready, door } = app
    return serve({ ...at, handler, ready, upgrade: door.take, drain: door.drain, proxies, log, release: app })
  }

function readiness(store: Store, { counted, storeRequired = false }: Given): App['ready'] {
  const up = () => store.ready?.() !== false
  counted.store(up)
  return () => (up() ? { ready: true } : { ready: !storeRequired, detail: 'the store cannot be reached' })
}

/** What routes ask of identity, beside their guards. */
const provenBy = ({ authenticate, revocations }: Running, store: Store) => ({
  authenticate,
  credentials: authenticate.reads ?? ['authorization', 'cookie'],
  standing(identity: Identity): void {
    if (revocations?.isRevoked(identity) === true) throw withdrawn(identity)
  },
  tickets: tickets(store),
})

const clientKey = ({ identity, address }: Exchange): string =>
  identity === undefined ? limitKey(address) : `user ${identity.user.id}`

/** All that lasts ends together. */
const leavingWith = (door: Door, leaving: Scope): Door => ({
  take: door.take,
  get open() {
    return door.open
  },
  drain() {
    door.drain()
    leaving.end(new Error('the app stops'))
  },
})

const boundTo = (core: Core, route: Route<Core>) => ({
  route,
  handle: route.bind(core),
  upgrade: route.bindUpgrade?.(core),
  compose: route.bindCompose?.(core),
})

function privatePagesOf({ counted, tokens, scrapers = privateNetworks }: Given): express.RequestHandler {
  const pages = { '/metrics': metricsPage(counted), ...(tokens && { [keySetPath]: keySetPage(tokens.keySet) }) }
  return privatePages(pages, within(scrapers))
}

const surroundings = (
  { authenticate, log, budget, gate, counted, ...running }: Given,
  store: Store,
  incoming: (check: Check) => Check = (check) => check,
): Surroundings => ({
  authenticate: counting(authenticate, counted),
  revocations: running.revocations,
  audit: audit(log),
  csrf: counted.csrf,
  log,
  budget,
  gate,
  tracing: running.tracing ?? 'continue',
  check: incoming(checks({ hosts: running.hosts })),
  addressOf: clientAddress(running.proxies),
  limits: limitersOf(running.limits, store, counted.refused),
})

function counting(authenticate: Authenticate, counted: Metrics): Authenticate {
  authenticate.counting?.(counted)
  return authenticate
}

function limitersOf(limits: Limits | undefined, store: Store, refused: (limit: string) => void): Limiters {
  if (limits === undefined) return {}
  const { address, user, onStoreError } = limits
  const options = { store, addressKey: limitKey, onStoreError, refused }
  return {
    ...(address && { address: limiter(address, options) }),
    ...(user && { user: limiter(user, options) }),
  }
}

/** For problems and JSON it forbids all that matters; for a client's files it is what they must get by with. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    baseUri: ["'none'"],
    objectSrc: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
}
