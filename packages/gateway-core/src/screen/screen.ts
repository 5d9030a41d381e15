import type { ServerResponse } from 'node:http'
import { type Answer, type Contract, type Key, type Operation, parseKey, type Received } from '../contract.ts'
import type { Budget, Guard, Predicate, Route } from '../exchange.ts'
import { accept, receive } from '../receive.ts'
import { respondText } from '../respond.ts'
import type { From, Sources } from '../sources.ts'
import { compose, type ErasedScreen } from './compose.ts'
import { conclude, type Concluded } from './conclude.ts'
import { headFor } from './head.ts'
import type { Asking } from '../road/asking.ts'
import type { Settled } from './settle.ts'

/** What a screen needs of the running app. */
export interface ScreenCore {
  /** Clients that make the calls of one run. */
  readonly from: (asking: Asking) => unknown
  /** Request headers that identify the user. */
  readonly credentials: readonly string[]
}

export interface ScreenSpec<
  C extends Contract,
  K extends keyof C,
  S extends Sources,
  G extends object,
  P extends object,
> {
  /** Who may call it. What it grants is passed to `parts`. */
  readonly guard: Guard<G>
  /** Absent: every exchange. */
  readonly when?: Predicate
  /** Rate limit units it takes. Default: the limit's. */
  readonly cost?: number
  /** What one response may cost. A test of the app enforces it. */
  readonly budget?: Budget
  /**
   * What to fetch: the only place with I/O. Parts start together; one that needs another chains on it with `then`. If a
   * required part fails, the others are cancelled.
   */
  readonly parts: (request: Received<C, K> & NoInfer<G> & { readonly from: From<S> }) => P
  /** Maps the parts to the response. Pure. Members unknown to the contract are dropped. */
  readonly view: (parts: Settled<NoInfer<P>>) => Answer<C, K>
  /** Response headers, such as `location`. */
  readonly headers?: (view: Answer<C, K>) => Readonly<Record<string, string>>
  /** Upstream response headers to pass on: `{ catalog: ['x-total-count'] }`. Default none. */
  readonly expose?: { readonly [N in keyof S]?: readonly string[] }
}

/** A `ScreenSpec` without its type parameters. */
export interface Erased {
  readonly guard: Guard
  readonly when?: Predicate
  readonly cost?: number
  readonly budget?: Budget
  readonly parts: (request: never) => object
  readonly view: (parts: never) => unknown
  readonly headers?: (view: never) => Readonly<Record<string, string>>
  readonly expose?: Readonly<Record<string, readonly string[]>>
}

/** One client request answered from many services: `parts` in parallel, then a pure `view`. */
export function screen(contract: Contract, key: string, spec: Erased): Route<ScreenCore> {
  const operation = contract[key as keyof Contract] as Operation
  const { method, path } = parseKey(key)
  const { parts, view, budget, expose = {} } = spec
  const plain = ({ from, credentials }: ScreenCore): ErasedScreen => {
    const head = headFor(operation, method === 'GET', spec, credentials)
    return { key, operation, parts, view, head, from }
  }
  return {
    methods: [method],
    path,
    guard: spec.guard,
    when: spec.when,
    cost: spec.cost,
    made: { door: 'screen', key: key as Key, operation, budget, expose, parts, view },
    bind: (core) => {
      const made = plain(core)
      return async (exchange, req, res, grant) => {
        const received = await receive(operation, req, exchange)
        send(res, conclude(await compose(made, exchange, received, grant), exchange.method, exchange.headers))
      }
    },
    bindCompose: (core) => {
      const made = plain(core)
      return async (exchange, sent, grant) => {
        const { params, query } = exchange
        const composed = await compose(made, exchange, await accept(operation, { params, query, ...sent }), grant)
        const { status, headers, text } = conclude(composed, exchange.method, exchange.headers)
        return { status, headers, ...(text === undefined ? {} : { body: composed.body }) }
      }
    },
  }
}

function send(res: ServerResponse, { status, headers, text }: Concluded): void {
  if (res.destroyed) return
  if (text === undefined) res.writeHead(status, headers).end()
  else respondText(res, status, headers, text)
}
