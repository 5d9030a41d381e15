import type { IncomingHttpHeaders } from 'node:http'
import type { Composed, Exchange, Identity } from '../exchange.ts'
import { problem } from '../problem.ts'
import { admit } from './admit.ts'
import type { Surroundings } from './exchange.ts'
import { choose, type Find } from './router.ts'
import { target } from './target.ts'

/** A request inside another, as in a batch. */
export interface Inner {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Lower-case names; they override the outer request's. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export type Dispatch = (outer: Exchange, inner: Inner) => Promise<Composed>

/** Headers of the outer request only: its body, conditions and key. */
const outerOnly = /^(?:content-|if-|transfer-encoding$|idempotency-key$|expect$|range$|accept$)/

/**
 * Answers an inner request without a connection. Route, limits, gate, guard and contract apply as if it came alone;
 * user, deadline, trace and cancellation are the outer request's. Throws what the route would answer as a problem.
 */
export function dispatcher(find: () => Find, around: Surroundings): Dispatch {
  return async (outer, { method, url, headers, body }) => {
    const { path, search } = target(url, '')
    const match = find()(method, path)
    if ('allow' in match) {
      if (match.allow.length === 0) throw problem(404, 'route-not-found')
      throw problem(405, 'method-not-allowed', { headers: { allow: [...match.allow, 'OPTIONS'].join(', ') } })
    }
    const exchange = innerExchange(outer, {
      method,
      path,
      search,
      params: match.params,
      chosenBy: match.bound.chosenBy,
      headers: headersOf(outer.headers, headers),
    })
    const chosen = choose(match.bound, exchange)
    if (chosen === undefined) throw problem(404, 'route-not-found')
    if (chosen.compose === undefined)
      throw problem(400, 'not-batchable', { detail: 'This cannot be part of a batch; call it on its own.' })
    const grant = await admit(exchange, chosen.route, around, {})
    return chosen.compose(exchange, { headers: exchange.headers, body }, grant)
  }
}

type Own = Pick<Exchange, 'method' | 'path' | 'search' | 'params' | 'chosenBy' | 'headers'>

function innerExchange(outer: Exchange, own: Own): Exchange {
  const { traceId, trace, address, deadline, scope, log, calls } = outer
  return {
    traceId,
    trace,
    address,
    deadline,
    scope,
    log,
    calls,
    ...own,
    query: new URLSearchParams(own.search),
    async authenticate(): Promise<Identity> {
      this.identity = await outer.authenticate()
      return this.identity
    },
  }
}

function headersOf(outer: IncomingHttpHeaders, own: Inner['headers']): IncomingHttpHeaders {
  const kept = Object.fromEntries(Object.entries(outer).filter(([name]) => !outerOnly.test(name)))
  return { ...kept, ...own }
}
