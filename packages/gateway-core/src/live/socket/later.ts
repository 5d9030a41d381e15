import type { Authenticate, Exchange, Identity } from '../../exchange.ts'
import type { Scope } from '../../scope.ts'

export interface Change {
  /** Of what is done for it. */
  readonly scope: Scope
  /** Milliseconds from now. */
  readonly budget: number
  /** Default: those of the handshake. */
  readonly headers?: Exchange['headers']
  /** Default: whoever it is by now. */
  readonly authenticate?: Authenticate
}

const nothing = new URLSearchParams()

/** A question that comes long after the handshake, as guards and the road see one: with a deadline and an end of its own. */
export class Later implements Exchange {
  readonly scope: Scope
  readonly deadline: number
  readonly calls: Exchange['calls'] = []
  identity?: Identity
  readonly #first: Exchange
  readonly #headers: Exchange['headers'] | undefined
  readonly #authenticate: Authenticate | undefined

  constructor(first: Exchange, { scope, budget, headers, authenticate }: Change) {
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
  /** There is one: it came by a socket. */
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
