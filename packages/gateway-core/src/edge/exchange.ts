import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Authenticate, Exchange, Identity, Route } from '../exchange.ts'
import { Scope } from '../scope.ts'
import type { Trace, Tracing } from '../trace.ts'
import type { Head } from './checked.ts'
import type { Limiter } from './limit.ts'
import type { Target } from './target.ts'

export interface Surroundings {
  readonly authenticate: Authenticate
  readonly log: Logger
  /** Milliseconds one exchange may take. */
  readonly budget: number
  /** Default: any host. */
  readonly check?: (head: Head) => Target
  /** Default: the other end of the socket. */
  readonly addressOf?: (req: IncomingMessage) => string
  readonly limits?: Limiters
  /** Default `continue`. */
  readonly tracing?: Tracing
  /** Whether this client may use a route at all, before anybody asks who it is. Throws a `Problem`. */
  readonly gate?: Gate | undefined
}

export type Gate = (exchange: Exchange, route: Pick<Route<never>, 'path' | 'made'>) => void

export interface Limiters {
  /** Asked of every request before its guard. */
  readonly address?: Limiter
  /** Asked after the guard, when that has signed somebody in. */
  readonly user?: Limiter
}

export interface Matched {
  readonly trace: Trace
  readonly path: string
  /** With its `?`, or empty. */
  readonly search: string
  readonly params: Readonly<Record<string, string>>
  /** Of the client, see `client-address.ts`. */
  readonly address: string
  /** See `Exchange`. Default none. */
  readonly chosenBy?: readonly string[]
}

const nothing: readonly string[] = []

const over = new Error('the exchange is over')

/** One request, as guards, screens and the road see it. What most requests never ask for is made when it is asked for. */
export class Inbound implements Exchange {
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
  readonly #req: IncomingMessage
  readonly #authenticate: Authenticate
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
    this.#authenticate = around.authenticate
    // Answered, cut or left: whatever is still done for it is done for nobody.
    res.once('close', () => this.scope.end(over))
  }

  get headers(): IncomingMessage['headers'] {
    return this.#req.headers
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.search))
  }

  async authenticate(): Promise<Identity> {
    this.identity = await (this.#authenticated ??= this.#authenticate(this))
    return this.identity
  }
}
