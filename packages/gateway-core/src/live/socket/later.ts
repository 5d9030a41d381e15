import type { Authenticate, Exchange, Identity } from '../../exchange.ts'
import type { Scope } from '../../scope.ts'

export interface LaterOptions {
  /** Scope of its work. */
  readonly scope: Scope
  /** Milliseconds until its deadline. */
  readonly budget: number
  /** Default: the handshake's. */
  readonly headers?: Exchange['headers']
  /** Default: the current identity. */
  readonly authenticate?: Authenticate
}

const nothing = new URLSearchParams()

/** An exchange long after the handshake, as guards and upstream calls see it, with its own deadline and scope. */
export class LaterExchange implements Exchange {
  readonly scope: Scope
  readonly deadline: number
  readonly calls: Exchange['calls'] = []
  identity?: Identity
  readonly #first: Exchange
  readonly #headers: Exchange['headers'] | undefined
  readonly #authenticate: Authenticate | undefined

  constructor(first: Exchange, { scope, budget, headers, authenticate }: LaterOptions) {
    this.scope = scope
    this.deadline = performance.now() + budget
    this.#first = first
    this.#headers = headers
    this.#authenticate = authenticate
    if (authenticate === undefined && first.identity !== undefined) this.identity = first.identity
  }

  get traceId() {
    return this.#first.traceId
  }
  get trace() {
    return this.#first.trace
  }
  get method() {
    return this.#first.method
  }
  get path() {
    return this.#first.path
  }
  get search() {
    return this.#first.search
  }
  get query() {
    return nothing
  }
  get params() {
    return this.#first.params
  }
  get headers() {
    return this.#headers ?? this.#first.headers
  }
  get address() {
    return this.#first.address
  }
  /** Always present on a socket. */
  get peer() {
    return this.#first.peer!
  }
  get log() {
    return this.#first.log
  }
  get chosenBy() {
    return this.#first.chosenBy
  }

  async authenticate(): Promise<Identity> {
    return (this.identity ??= await (this.#authenticate ?? this.#first.authenticate.bind(this.#first))(this))
  }
}
