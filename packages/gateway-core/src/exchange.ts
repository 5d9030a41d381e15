import type { X509Certificate } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Key, Method, Operation } from './contract.ts'
import type { Scope } from './scope.ts'
import type { Trace } from './trace.ts'

export interface User {
  /** The identity provider's `sub`. */
  readonly id: string
  readonly scopes: ReadonlySet<string>
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Who is calling, and how that was proved. The proof itself is not kept: services get our own tokens (`credential.ts`).
 */
export interface Identity {
  readonly user: User
  /** How the caller authenticated. */
  readonly by: 'session' | 'bearer' | 'api-key' | 'certificate'
  /** The OAuth client that acts for the user, or the machine itself. */
  readonly client: string
  /**
   * Identifies the session without granting access to it: our own id for a cookie session, the provider's `sid` for a
   * token.
   */
  readonly sessionId?: string | undefined
  /** The `jti` of the token. */
  readonly tokenId?: string | undefined
  /** When the proof was issued, in epoch milliseconds, like the next two. Revocations "before T" compare with it. */
  readonly issuedAt: number
  /** Expiry: no stream outlives it. */
  readonly expiresAt: number
  /** When the person last authenticated (`auth_time`). Absent: unknown, so never recent enough for a step-up. */
  readonly authenticatedAt?: number | undefined
  /** Authentication context class (`acr`, RFC 9470). */
  readonly acr?: string | undefined
}

/** The facts of one inbound request. */
export interface Exchange {
  /** 32 hex digits (W3C trace context): in every log line, every problem, every upstream call. */
  readonly traceId: string
  readonly trace: Trace
  readonly method: string
  /** Canonical: see `edge/path.ts`. */
  readonly path: string
  /** The query string as sent, with its `?`; empty if there is none. */
  readonly search: string
  readonly query: URLSearchParams
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  /** The client's address: the peer of the socket or, if that is a trusted proxy, the client it names. */
  readonly address: string
  /** Absent: the request came over no socket. */
  readonly peer?: Peer
  /** `performance.now()` by which the response must be sent. */
  readonly deadline: number
  /** Ends when the response is sent or the client disconnects. */
  readonly scope: Scope
  readonly log: Logger
  /** Request headers that selected the route, besides method and path, for `Vary` (RFC 9110 §12.5.5). */
  readonly chosenBy: readonly string[]
  /** Every finished upstream attempt, for the access log. */
  readonly calls: [upstream: string, outcome: string, ms: number][]
  /** Set once `authenticate` has succeeded. */
  identity?: Identity
  /** Set once its response is a stream, whose duration says nothing about speed. */
  streams?: boolean
  /** Rejects with a 401 `Problem`. The app decides on the method: a session cookie or a bearer token. */
  authenticate(): Promise<Identity>
}

/** The other end of the socket: the client itself, or the last proxy. */
export interface Peer {
  readonly address: string
  /**
   * Its verified client certificate, issued by a trusted authority. Absent: none was requested, or it was not valid.
   */
  certificate(): X509Certificate | undefined
}

export interface Authenticate {
  (exchange: Exchange): Promise<Identity>
  /** Whether a request carries this kind of credential, valid or not. */
  readonly carries?: (exchange: Exchange) => boolean
  /** Request headers it reads. Default `authorization` and `cookie`. */
  readonly reads?: readonly string[]
  /** Called once at boot by the app: passes the counters. */
  readonly counting?: (counted: Counted) => void
}

/** Session events, for `/metrics`. */
export interface Counted {
  readonly login: (outcome: 'success' | 'failed') => void
  /** `raced`: another process refreshed meanwhile. */
  readonly refresh: (outcome: 'ok' | 'raced' | 'failed') => void
  /** A request was rejected as possibly forged, and the signal that showed it. */
  readonly csrf: (signal: string) => void
}

/** Decides who may call. Its return value narrows the type of what follows; it refuses by throwing a `Problem`. */
export type Guard<Grant extends object = object> = (exchange: Exchange) => Grant | Promise<Grant>

/** Answers one exchange, or throws. `grant` is the return value of the route's guard. */
export type Handler = (
  exchange: Exchange,
  req: IncomingMessage,
  res: ServerResponse,
  grant: object,
) => Promise<void> | void

/**
 * Whether a route takes an exchange that matches its method and path. It selects between routes and is no guard: it
 * reads what the client claims, before authentication.
 */
export interface Predicate {
  /** Pure and fast. If it throws, the request fails; no other route is tried. */
  readonly test: (exchange: Exchange) => boolean
  /** Human-readable: `header x-beta = "1"`. Predicates with equal descriptions are equal. */
  readonly describe: string
  /** Request headers it reads, in lower case, for `Vary`. `*`: something that is not a header. Default none. */
  readonly reads?: readonly string[]
}

/** How a route takes WebSocket upgrades. Its guard runs before `take`. */
export interface Upgrade {
  /**
   * Origins whose pages may connect: a browser sends its cookies whichever site opens the socket, so this check is what
   * prevents cross-site hijacking (RFC 6455 §10.2). `own`: only the requested host; for native apps, some of which send
   * no origin and some that one. `any`: not for browsers, and never with cookie authentication.
   */
  readonly origins: readonly string[] | 'own' | 'any'
  readonly caps: Caps
  /** Default: the app's. */
  readonly authenticate?: Authenticate
  /**
   * Resolves once the protocol has changed; the socket then belongs to the route. Rejects before anything was written
   * to the socket. Returns a session that can close in that protocol; without one, the socket is just destroyed.
   */
  readonly take: (
    exchange: Exchange,
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    grant: object,
  ) => Promise<SocketSession | void>
}

/**
 * Who or what ended it: `draining` the app is stopping, `ended` the credential that opened it is no longer valid,
 * `idle` nothing was sent.
 */
export type SessionEnd = 'client' | 'upstream' | 'idle' | 'draining' | 'ended'

/** An upgraded socket. Whoever sends its close frame ensures that it closes within a second or two. */
export interface SocketSession {
  /** Set once it has ended or is about to. */
  readonly why: SessionEnd | undefined
  /** The app is stopping: end it after the current message, with 1012 (RFC 6455 §7.4). */
  leave(): void
  /** The client's credential expired or was revoked: end it now, silently if no close frame can be sent. */
  cut(reason: unknown): void
}

/** Maximum open at a time, including those still opening. */
export interface Caps {
  readonly route: number
  /** Per user, or per address if unauthenticated. */
  readonly client: number
}

/** A route as data. Nothing registers itself: `routes.ts` lists them all. */
export interface Route<Core> {
  readonly methods: readonly Method[]
  /** `/orders/:id`, or `/files/*` for a whole subtree. */
  readonly path: string
  readonly guard: Guard
  /** Units of a rate limit that one request takes. Default: set by the limit. */
  readonly cost?: number | undefined
  /** Absent: matches every exchange. Routes of one path are tried in list order. */
  readonly when?: Predicate | undefined
  /** Where it was created, for diagnostics: `screens/home.ts:12`. */
  readonly place?: string | undefined
  /** Its parts, for plans and documentation; not used to answer. */
  readonly made?: Made
  /** Called once at boot, with what only the running app has. */
  bind(core: Core): Handler
  /** Absent: it takes no upgrades. Called once at boot. */
  readonly bindUpgrade?: (core: Core) => Upgrade
  /** Absent: it cannot be part of a batch. Called once at boot. */
  readonly bindCompose?: (core: Core) => Compose
}

/** Returns a response as data. Throws what the handler would throw. */
export type Compose = (exchange: Exchange, input: Sent, grant: object) => Promise<Composed>

/** A request that is not a stream: its body is parsed JSON. */
export interface Sent {
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface Composed {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Absent: no body. */
  readonly body?: unknown
}

export type Made =
  | {
      readonly door: 'screen'
      readonly key: Key
      readonly operation: Operation
      readonly budget: Budget | undefined
      readonly expose: Readonly<Record<string, readonly string[]>>
      readonly parts: (request: never) => object
      readonly view: (parts: never) => unknown
    }
  | {
      readonly door: 'forward'
      readonly prefix: string
      readonly upstream: string
      /** For the sockets it proxies. Absent: it proxies none. */
      readonly upgrade: Lasting | undefined
      readonly rewritten: boolean
      /** For its event streams. */
      readonly caps: Caps
    }
  | {
      readonly door: 'stream' | 'poll'
      readonly key: Key
      readonly operation: Operation
      readonly items: (request: never) => AsyncIterable<unknown>
      readonly lasting: Lasting
    }
  | {
      readonly door: 'socket'
      readonly protocol: string
      /** The source of each topic, by its pattern: `orders/:id`. */
      readonly topics: Readonly<Record<string, (request: never) => AsyncIterable<unknown>>>
      readonly lasting: Lasting
    }
  | { readonly door: 'own'; readonly summary: string }

/** The limits of a response that stays open. */
export interface Lasting {
  readonly bounds: Bounds
  /** What ends it, each in a few words. */
  readonly ends: readonly string[]
}

/** Milliseconds and bytes. Absent: unlimited. */
export interface Bounds extends Caps {
  /** Origins whose pages may open it: see `Upgrade.origins`. */
  readonly origins?: Upgrade['origins']
  /** Topics per socket. */
  readonly topics?: number
  /** Size of one client message. */
  readonly message?: number
  /** Rate limit of a client's messages: `burst` at once, then one every `every` ms. */
  readonly pace?: { readonly burst: number; readonly every: number }
  /** Interval between heartbeats while there is nothing else to send. */
  readonly heartbeat?: number
  /** Longest silence. */
  readonly idle?: number
  /** Longest time its client may read nothing while data is waiting. */
  readonly stalled?: number
  /** Unsent bytes at which reading from the sources pauses. */
  readonly unsent?: number
  /** Longest wait for an event before an empty answer. */
  readonly wait?: number
  /** The newest events of one feed, kept for clients that reconnect or read slowly. */
  readonly replay?: { readonly entries: number; readonly bytes: number }
}

/** Cost limits of a screen, on the shop's data. */
export interface Budget {
  /** Size of its largest response. */
  readonly bytes: number
  /** Upstream calls per request. Retries do not count. */
  readonly calls: number
  /** 95th percentile of response times in milliseconds, on an idle machine. */
  readonly p95: number
}
