import type { X509Certificate } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { Key, Method, Operation } from './contract.ts'
import type { Scope } from './scope.ts'
import type { Trace } from './trace.ts'

export interface User {
  /** The `sub` of the identity provider. */
  readonly id: string
  readonly scopes: ReadonlySet<string>
  readonly claims: Readonly<Record<string, unknown>>
}

/** Who is calling, and how that is known. What proved it is not kept: services are told of it in our own words (`credential.ts`). */
export interface Identity {
  readonly user: User
  /** What the caller proved it with. */
  readonly by: 'session' | 'bearer' | 'api-key' | 'certificate'
  /** The OAuth client that acts for the user, or the machine itself. */
  readonly client: string
  /** Names the session without opening it: of a cookie's our own name of it, of a token the provider's `sid`. */
  readonly sessionId?: string | undefined
  /** The `jti` of the token. */
  readonly tokenId?: string | undefined
  /** Since when the proof holds, epoch milliseconds; so are the next two. Revocations "before T" ask for it. */
  readonly issuedAt: number
  /** When it ends: no stream outlives it. */
  readonly expiresAt: number
  /** When the person last proved who they are (`auth_time`). Absent: unknown, so never recent enough for a step-up. */
  readonly authenticatedAt?: number | undefined
  /** How (`acr`, RFC 9470). */
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
  /** The query string as it was sent, with its `?`; empty when there is none. */
  readonly search: string
  readonly query: URLSearchParams
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  /** Of the client: the other end of the socket or, if that is a trusted proxy, whom it speaks for. */
  readonly address: string
  /** Absent: it came by no socket. */
  readonly peer?: Peer
  /** `performance.now()` at which the answer must be out. */
  readonly deadline: number
  /** Ends when the answer is out, or the client gone. */
  readonly scope: Scope
  readonly log: Logger
  /** Request fields that chose the route, beside method and path: what the answer varies by (RFC 9110 §12.5.5). */
  readonly chosenBy: readonly string[]
  /** Each attempt at an upstream that has ended: whom, how, in how many milliseconds. For the access log. */
  readonly calls: [upstream: string, outcome: string, ms: number][]
  /** Set once `authenticate` has succeeded. */
  identity?: Identity
  /** Set once its response is a stream: how long that stays open is no measure of how fast we are. */
  streams?: boolean
  /** Rejects with a 401 `Problem`. The app decides how: a session cookie or a bearer token. */
  authenticate(): Promise<Identity>
}

/** The other end of the socket: the client itself, or the last proxy before us. */
export interface Peer {
  readonly address: string
  /** Which it has proved to hold, issued by an authority that we trust. Absent: it was asked for none, or what it has will not do. */
  certificate(): X509Certificate | undefined
}

export interface Authenticate {
  (exchange: Exchange): Promise<Identity>
  /** Whether a request carries what it looks at, be it good or not. */
  readonly carries?: (exchange: Exchange) => boolean
  /** Request fields it looks at. Default `authorization` and `cookie`. */
  readonly reads?: readonly string[]
  /** Called once, at start, by the app that uses it: what it may count. */
  readonly counting?: (counted: Counted) => void
}

/** What becomes of sessions, for `/metrics`. */
export interface Counted {
  readonly login: (outcome: 'success' | 'failed') => void
  /** `raced`: another process had done it meanwhile. */
  readonly refresh: (outcome: 'ok' | 'raced' | 'failed') => void
  /** A request seemed forged, and what spoke against it. */
  readonly csrf: (signal: string) => void
}

/** Who may. What it returns narrows the type of what follows; a refusal is a thrown `Problem`. */
export type Guard<Grant extends object = object> = (exchange: Exchange) => Grant | Promise<Grant>

/** Answers one exchange, or throws. `grant` is what the route's guard returned. */
export type Handler = (
  exchange: Exchange,
  req: IncomingMessage,
  res: ServerResponse,
  grant: object,
) => Promise<void> | void

/**
 * Whether a route takes an exchange whose method and path it answers. It chooses between answers and is no guard: what it
 * asks about is what the client says of itself, and it is asked before anybody has signed in.
 */
export interface Predicate {
  /** Pure and fast. What it throws fails the request; no other route is tried. */
  readonly test: (exchange: Exchange) => boolean
  /** For people: `header x-beta = "1"`. Two predicates that say the same are the same. */
  readonly describe: string
  /** Request fields that it reads, in lower case: what the answer varies by. `*`: something that is no field. Default none. */
  readonly reads?: readonly string[]
}

/** How a route takes WebSocket upgrades. Its guard has said yes before `take` is called. */
export interface Upgrade {
  /**
   * Sites whose pages may connect: a browser sends its cookies along whichever site opens the socket, so this is what stands
   * against cross-site hijacking (RFC 6455 §10.2). `own`: none but the host that is asked, for apps, of which some send no
   * origin and some that one. `any`: no browser is meant, what proves the client is no cookie.
   */
  readonly origins: readonly string[] | 'own' | 'any'
  readonly caps: Caps
  /** Default: as the app's other requests. */
  readonly authenticate?: Authenticate
  /**
   * Resolves once the protocol has changed; the socket is then its own. Rejects before anything was said on the socket. What can
   * say goodbye in the words of that protocol is handed back; without it the socket is ended as it is.
   */
  readonly take: (
    exchange: Exchange,
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    grant: object,
  ) => Promise<Session | void>
}

/** Who or what ended it: `draining` we stop, `ended` the proof that opened it is not good any more, `idle` nobody said anything. */
export type SessionEnd = 'client' | 'upstream' | 'idle' | 'draining' | 'ended'

/** A socket whose protocol has changed. Whoever says the last words of it sees to it that it is closed within a second or two. */
export interface Session {
  /** Known once it has ended, or is about to. */
  readonly why: SessionEnd | undefined
  /** We stop: end it as soon as nothing is half said, with 1012 (RFC 6455 §7.4). */
  leave(): void
  /** What proved the client is over, or was taken back: end it now, or without a word where none can be said. */
  cut(reason: unknown): void
}

/** How many may be open at a time, those still being opened among them. */
export interface Caps {
  readonly route: number
  /** Of one user, or of one address where nobody signed in. */
  readonly client: number
}

/** What an app answers, as data. Nothing registers itself: `routes.ts` lists them all. */
export interface Route<Core> {
  readonly methods: readonly Method[]
  /** `/orders/:id`, or `/files/*` for a whole subtree. */
  readonly path: string
  readonly guard: Guard
  /** Units of a rate limit that one request takes. Default: what the limit says. */
  readonly cost?: number | undefined
  /** Absent: every exchange. Routes of one path are asked in the order of the list. */
  readonly when?: Predicate | undefined
  /** Where it was made, for people: `screens/home.ts:12`. */
  readonly place?: string | undefined
  /** What it is made of, for whoever explains it; never read while it answers. */
  readonly made?: Made
  /** Called once, at start, with what only the running app has. */
  bind(core: Core): Handler
  /** Absent: it takes no upgrade. Called once, at start. */
  readonly bindUpgrade?: (core: Core) => Upgrade
  /** Absent: it only answers on a connection of its own. Called once, at start. */
  readonly bindCompose?: (core: Core) => Compose
}

/** An answer as data, for whoever sends it. Throws what the handler would throw. */
export type Compose = (exchange: Exchange, input: Sent, grant: object) => Promise<Composed>

/** A request that is no stream: its body is JSON already. */
export interface Sent {
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

export interface Composed {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Absent: the answer has none. */
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
      /** Of the sockets that it passes on. Absent: it passes on none. */
      readonly upgrade: Lasting | undefined
      readonly rewritten: boolean
      /** Of its event streams. */
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
      /** What is followed under each topic, by its pattern: `orders/:id`. */
      readonly topics: Readonly<Record<string, (request: never) => AsyncIterable<unknown>>>
      readonly lasting: Lasting
    }
  | { readonly door: 'own'; readonly summary: string }

/** An answer that stays open, out of the numbers and codes that it goes by. */
export interface Lasting {
  readonly bounds: Bounds
  /** What ends it, each a few words for people. */
  readonly ends: readonly string[]
}

/** Milliseconds and bytes. Absent: it has no such bound. */
export interface Bounds extends Caps {
  /** Sites whose pages may open it: see `Upgrade.origins`. */
  readonly origins?: Upgrade['origins']
  /** Topics of one socket. */
  readonly topics?: number
  /** Of one message of the client's. */
  readonly message?: number
  /** So many messages of a client at once, and one more each `every` ms. */
  readonly pace?: { readonly burst: number; readonly every: number }
  /** From one sign of life to the next, where there is nothing else to say. */
  readonly heartbeat?: number
  /** In which it may be still. */
  readonly idle?: number
  /** In which its client may take nothing of what waits for it. */
  readonly stalled?: number
  /** That wait for its client before no more is asked of any source. */
  readonly unsent?: number
  /** In which something may happen, before nothing is the answer. */
  readonly wait?: number
  /** Of one feed, kept for those who come back or read slowly: the newest of what it told. */
  readonly replay?: { readonly entries: number; readonly bytes: number }
}

/** What a screen may cost, on the data of the shop. */
export interface Budget {
  /** Of its largest answer. */
  readonly bytes: number
  /** To upstreams, for one request. Attempts do not count. */
  readonly calls: number
  /** Milliseconds within which 95 of 100 answers are there, on an idle machine. */
  readonly p95: number
}
