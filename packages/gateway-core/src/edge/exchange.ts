import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Audit } from '../auth/audit.ts'
import type { Revocations } from '../auth/revocation/revocations.ts'
import type { Authenticate, Exchange, Identity, Peer, Route } from '../exchange.ts'
import { type Problem } from '../problem.ts'
import { Scope } from '../scope.ts'
import type { Trace, Tracing } from '../trace.ts'
import type { Head } from './checked.ts'
import type { Limiter } from './limit.ts'
import { peerOf } from './peer.ts'
import { interrupt } from './refuse.ts'
import type { RequestTarget } from './target.ts'

export interface Surroundings {
  readonly authenticate: Authenticate
  readonly log: Logger
  /** Milliseconds one exchange may take. */
  readonly budget: number
  /** Default: any host. */
  readonly check?: (head: Head) => RequestTarget
  /** Default: the other end of the socket. */
  readonly addressOf?: (req: IncomingMessage) => string
  readonly limits?: Limiters
  /** Default `continue`. */
  readonly tracing?: Tracing
  /** Decides whether this client may use a route at all, before authentication. Throws a `Problem`. */
  readonly gate?: Gate | undefined
  /** Revoked credentials. Absent: each is valid until it expires. */
  readonly revocations?: Pick<Revocations, 'admit'> | undefined
  readonly audit?: Audit | undefined
  /** Counts suspected forgeries. */
  readonly csrf?: ((signal: string) => void) | undefined
}

export type Gate = (exchange: Exchange, route: Pick<Route<never>, 'path' | 'made'>) => void

export interface Limiters {
  /** Applied to every request before its guard. */
  readonly address?: Limiter
  /** Applied after the guard, if a user is signed in. */
  readonly user?: Limiter
}

export interface Matched {
  readonly trace: Trace
  readonly path: string
  /** With its `?`, or empty. */
  readonly search: string
  readonly params: Readonly<Record<string, string>>
  /** The client's, see `client-address.ts`. */
  readonly address: string
  /** See `Exchange`. Default none. */
  readonly chosenBy?: readonly string[]
}

const nothing: readonly string[] = []

const over = new Error('the exchange is over')

/** One request, as guards, screens and upstream calls see it. What most requests never need is created on demand. */
export class InboundExchange implements Exchange {
  readonly traceId: string
  readonly trace: Trace
  readonly method: string
  readonly path: string
  readonly search: string
  readonly params: Readonly<Record<string, string>>
  readonly address: string
  readonly deadline: number
  readonly log: Logger
  readonly chosenBy: readonly string[]
  readonly scope = new Scope()
  readonly calls: Exchange['calls'] = []
  identity?: Identity
  streams = false
  #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #around: Pick<Surroundings, 'authenticate' | 'revocations'>
  #authenticate: Authenticate
  #authenticated: Promise<Identity> | undefined
  #query: URLSearchParams | undefined

  constructor(req: IncomingMessage, res: ServerResponse, matched: Matched, around: Surroundings) {
    this.trace = matched.trace
    this.traceId = matched.trace.id
    this.method = req.method ?? 'GET'
    this.path = matched.path
    this.search = matched.search
    this.params = matched.params
    this.address = matched.address
    this.deadline = performance.now() + around.budget
    this.log = around.log
    this.chosenBy = matched.chosenBy ?? nothing
    this.#req = req
    this.#res = res
    this.#around = around
    this.#authenticate = around.authenticate
    // Answered, cut or abandoned: nobody needs any further work.
    res.on('close', () => this.scope.end(over))
  }

  get headers(): IncomingMessage['headers'] {
    return this.#req.headers
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.search))
  }

  get peer(): Peer {
    return peerOf(this.#req)
  }

  /** Replaces the app's authentication where the chosen route has its own. */
  believe(authenticate: Authenticate | undefined): void {
    if (authenticate !== undefined) this.#authenticate = authenticate
  }

  authenticate(): Promise<Identity> {
    return (this.#authenticated ??= this.#prove())
  }

  /** Frees the request head, which is most of the memory of a socket that lasts for hours. */
  forgetHead(): void {
    this.#req = { headers: {}, socket: this.#req.socket } as IncomingMessage
  }

  /** Ends the exchange early: work in progress is cancelled, a response that has begun is cut. */
  cut(reason: Problem): void {
    this.scope.end(reason)
    // Whatever closes gracefully has ended its response by now.
    if (this.#res.headersSent && !this.#res.writableEnded) interrupt(this.#res, reason)
  }

  /** The only place where credentials are accepted, of whatever kind. */
  async #prove(): Promise<Identity> {
    const identity = await this.#authenticate(this)
    const waiting = this.#around.revocations?.admit(this, identity)
    if (waiting !== undefined) await waiting
    this.identity = identity
    return identity
  }
}
