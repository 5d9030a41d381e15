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
  /** TLS settings per upstream with https addresses: its own CA, server name or client certificate. Default: Node's. */
  readonly tls?: { readonly [N in Upstream]?: Tls | undefined } | undefined
  /** How this BFF authenticates its clients. */
  readonly authenticate: Authenticate
  /**
   * Revoked credentials. Disposed with the app. Absent: nothing can be revoked, and a stream may outlive the proof that
   * opened it.
   */
  readonly revocations?: Revocations | undefined
  readonly log: Logger
  /**
   * `none`: incoming cookies are ignored and counted, none is set; for clients that authenticate with tokens. Default
   * `used`.
   */
  readonly cookies?: 'used' | 'none' | undefined
  /** Host names this BFF answers to, without ports. Default: any, which only suits development. */
  readonly hosts?: readonly string[] | undefined
  /**
   * Tells services on whose behalf they are called: see `internalTokens`. Required if a policy's `token` is `user` or
   * `client`.
   */
  readonly tokens?: InternalTokens | undefined
  /** Token source of each upstream whose `token` is `external`, e.g. `clientCredentials`. */
  readonly external?: Readonly<Partial<Record<Upstream, TokenSource>>> | undefined
  /**
   * Trusted proxies in front of this BFF, as addresses and CIDR ranges: only they may state the client's address.
   * Default none.
   */
  readonly proxies?: readonly string[] | undefined
  readonly limits?: Limits | undefined
  /** State shared by all processes of this app. Disposed with the app. Default: the memory of this process. */
  readonly store?: Store | undefined
  /**
   * Whether `/readyz` fails while the store is unreachable. All processes share the store, so all of them would leave
   * their load balancer at once, along with the routes that need no store. Default false: only `/readyz` and `store_up`
   * in `/metrics` report it.
   */
  readonly storeRequired?: boolean | undefined
  /** Which clients may use which routes; runs before their guards. Default: all. */
  readonly gate?: Gate | undefined
  /** Whether a caller's trace is continued. Default `continue`. */
  readonly tracing?: Tracing | undefined
  /** Served at `/openapi.json` and, as a page, at `/docs`. Absent: neither exists. */
  readonly document?: Document | undefined
  /** Who may read `/metrics` and the keys of `tokens`, as addresses and CIDR ranges. Default: this machine and private networks. */
  readonly scrapers?: readonly string[] | undefined
  /** Milliseconds over which the reconnects of stream clients are spread when the app stops. Default 5 000. */
  readonly reconnectWithin?: number | undefined
  /** Handles a GET that matches no route. Absent: 404. */
  readonly fallback?: express.RequestHandler
}

export interface Limits {
  /** By address, before the caller is known. */
  readonly address?: Limit
  /** By user, once authenticated. */
  readonly user?: Limit
  /**
   * While the store fails: `open` lets every request pass, because a limit protects and does not authorize; `closed`
   * answers 503.
   */
  readonly onStoreError: 'open' | 'closed'
}

/**
 * Average requests per user and minute. An address gets five times as many, as users may share it. Fails open while the
 * store cannot count.
 */
export const perMinute = (requests = 1_200): Limits => ({
  address: { name: 'address', quota: requests * 5, window: 60_000 },
  user: { name: 'user', quota: requests, window: 60_000 },
  onStoreError: 'open',
})

/** An Express app; disposing it closes its upstream connections and its store. */
export interface App extends AsyncDisposable {
  /**
   * For `serve`. A failed dependency does not make the app unready (the rest still answers), unless `storeRequired` is
   * set.
   */
  readonly ready: () => Readiness
  readonly handler: express.Express
  /** For `serve`: pass `take` as its `upgrade` and `drain` as its `drain`. */
  readonly door: Door
  /** Listens on a port, with the app's log and trusted proxies. Stopping the server disposes the app. */
  serve(at: Omit<ServeOptions, keyof App | 'upgrade' | 'drain' | 'proxies' | 'log' | 'release'>): Promise<Listening>
}

/** Adds what the gateway declared. */
interface Declared extends Running {
  readonly budget: number
  readonly counted: Metrics
}

/** Middleware order matters: requests pass through it top to bottom. */
export function createApp(opened: Opened, routes: readonly Route<Core>[], running: Declared): App {
  refuseUnguarded(routes)
  const { log, counted, document, fallback, store = memoryStore(), tracing = 'continue' } = running
  const bare = running.cookies === 'none' ? cookieless(log, counted.cookie) : undefined
  const around = surroundings(running, store, bare?.incoming)
  const away = { leaving: new Scope(), comeBack: stagger(running.reconnectWithin ?? 5_000) }
  const dispatch = dispatcher(() => find, around)
  const core: Core = {
    ...opened,
    ...identityServices(running, store),
    away,
    clientKey,
    streams: counted.streams,
    dispatch,
  }
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

function readiness(store: Store, { counted, storeRequired = false }: Declared): App['ready'] {
  const up = () => store.ready?.() !== false
  counted.store(up)
  return () => (up() ? { ready: true } : { ready: !storeRequired, detail: 'the store cannot be reached' })
}

/** The identity services that routes use, besides their guards. */
const identityServices = ({ authenticate, revocations }: Running, store: Store) => ({
  authenticate,
  credentials: authenticate.reads ?? ['authorization', 'cookie'],
  standing(identity: Identity): void {
    if (revocations?.isRevoked(identity) === true) throw withdrawn(identity)
  },
  tickets: tickets(store),
})

const clientKey = ({ identity, address }: Exchange): string =>
  identity === undefined ? limitKey(address) : `user ${identity.user.id}`

/** Streams and sockets end together. */
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

function privatePagesOf({ counted, tokens, scrapers = privateNetworks }: Declared): express.RequestHandler {
  const pages = { '/metrics': metricsPage(counted), ...(tokens && { [keySetPath]: keySetPage(tokens.keySet) }) }
  return privatePages(pages, within(scrapers))
}

const surroundings = (
  { authenticate, log, budget, gate, counted, ...running }: Declared,
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

/** For problems and JSON this forbids everything relevant; a client's own files must work within it. */
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
