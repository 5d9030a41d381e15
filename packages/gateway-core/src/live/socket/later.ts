import type { Authenticate, Exchange } from '../../exchange.ts'
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
export function later(exchange: Exchange, { scope, budget, headers, authenticate }: Change): Exchange {
  const { traceId, trace, method, path, search, params, address, log, chosenBy, peer, identity } = exchange
  const facts = { traceId, trace, method, path, search, params, address, log, chosenBy, scope }
  return {
    ...facts,
    ...(peer && { peer }),
    ...(identity && authenticate === undefined && { identity }),
    query: nothing,
    headers: headers ?? exchange.headers,
    deadline: performance.now() + budget,
    calls: [],
    async authenticate() {
      return (this.identity ??= await (authenticate ?? exchange.authenticate.bind(exchange))(this))
    },
  }
}
