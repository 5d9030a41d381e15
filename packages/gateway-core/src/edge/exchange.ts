import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Authenticate, Exchange, Identity } from '../exchange.ts'
import { Scope } from '../scope.ts'

export interface Surroundings {
  readonly authenticate: Authenticate
  readonly log: Logger
  /** Milliseconds one exchange may take. */
  readonly budget: number
}

export interface Matched {
  readonly traceId: string
  readonly path: string
  /** With its `?`, or empty. */
  readonly search: string
  readonly params: Readonly<Record<string, string>>
}

const gone = new Error('the client left')

/** One request, as guards, screens and the road see it. What most requests never ask for is made when it is asked for. */
export class Inbound implements Exchange {
  readonly traceId: string
  readonly method: string
  readonly path: string
  readonly search: string
  readonly params: Readonly<Record<string, string>>
  readonly address: string
  readonly deadline: number
  readonly log: Logger
  readonly scope = new Scope()
  identity?: Identity
  readonly #req: IncomingMessage
  readonly #authenticate: Authenticate
  #authenticated: Promise<Identity> | undefined
  #query: URLSearchParams | undefined

  constructor(req: IncomingMessage, res: ServerResponse, matched: Matched, around: Surroundings) {
    this.traceId = matched.traceId
    this.method = req.method ?? 'GET'
    this.path = matched.path
    this.search = matched.search
    this.params = matched.params
    this.address = req.socket.remoteAddress ?? ''
    this.deadline = performance.now() + around.budget
    this.log = around.log
    this.#req = req
    this.#authenticate = around.authenticate
    res.once('close', () => {
      if (!res.writableFinished) this.scope.end(gone)
    })
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
