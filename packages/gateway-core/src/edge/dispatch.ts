import type { IncomingHttpHeaders } from 'node:http'
import type { Composed, Exchange, Identity } from '../exchange.ts'
import { problem } from '../problem.ts'
import { admit } from './admit.ts'
import type { Surroundings } from './exchange.ts'
import { choose, type Find } from './router.ts'
import { target } from './target.ts'

/** A request inside of another. */
export interface Inner {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Names in lower case; they replace what the outer request sent of the same name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export type Dispatch = (outer: Exchange, inner: Inner) => Promise<Composed>

/** Belong to the outer request alone: its body, its conditions, its key. */
const outerOnly = /^(?:content-|if-|transfer-encoding$|idempotency-key$|expect$|range$|accept$)/

/**
 * Answer a request that came inside of another, without a connection: route, limits, gate, guard and contract are those it
 * would meet alone; user, deadline, trace and the end of it are the outer one's. Throws what the route would answer as a problem.
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
