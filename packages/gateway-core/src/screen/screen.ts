import type { ServerResponse } from 'node:http'
import type { Answer, Contract, Operation, OptionalParts, Received } from '../contract.ts'
import { parseKey } from '../contract.ts'
import type { Exchange, Guard, Handler, Route } from '../exchange.ts'
import { problem } from '../problem.ts'
import type { Scope } from '../scope.ts'
import type { From, Sources } from '../sources.ts'
import { receive } from '../receive.ts'
import { respond } from '../respond.ts'
import type { Predicate } from '../exchange.ts'
import { type Optional, type Parts, type Settled, settle } from './settle.ts'

/** What only the running app has, and a screen needs. */
export interface ScreenCore {
  /** Clients whose calls all end with `scope`. */
  readonly from: (exchange: Exchange, scope: Scope) => unknown
}

/**
 * A route, when exactly the parts that the contract calls `optional` are, and all are promises; otherwise a sentence, which
 * no list of routes takes. (As a constraint on `P` the check would spoil inference: every part would become `unknown`.)
 */
export type Fitting<C extends Contract, K extends keyof C, P, R> =
  P extends PartsOf<C, K, keyof P> ? R : 'the optional parts of this screen are not those of its contract'

type PartsOf<C extends Contract, K extends keyof C, Names extends PropertyKey> = {
  readonly [N in OptionalParts<C, K> | Names]: N extends OptionalParts<C, K> ? Optional<unknown> : PromiseLike<unknown>
}

export interface ScreenSpec<
  C extends Contract,
  K extends keyof C,
  S extends Sources,
  G extends object,
  P extends object,
> {
  /** Who may. What it grants is handed to `parts`. */
  readonly guard: Guard<G>
  /** Absent: every exchange. */
  readonly when?: Predicate
  /** Units of a rate limit that it takes. Default: what the limit says. */
  readonly cost?: number
  /** What to fetch: the only place with I/O. Parts start together; one that needs another chains on it with `then`. */
  readonly parts: (request: Received<C, K> & NoInfer<G> & { readonly from: From<S> }) => P
  /** What to show of it. Pure. */
  readonly view: (parts: Settled<NoInfer<P>>) => Answer<C, K>
  /** Response headers, such as `location`. */
  readonly headers?: (view: Answer<C, K>) => Readonly<Record<string, string>>
}

/** One request of the client's, answered from many services: `parts` in parallel, then a pure `view`. */
export function screen(contract: Contract, key: string, spec: Erased): Route<ScreenCore> {
  const operation = contract[key as keyof Contract] as Operation
  const { method, path } = parseKey(key)
  return {
    methods: [method],
    path,
    guard: spec.guard,
    when: spec.when,
    cost: spec.cost,
    bind:
      (core) =>
      (...args) =>
        answer(core, operation, spec, ...args),
  }
}

interface Erased {
  readonly guard: Guard
  readonly when?: Predicate
  readonly cost?: number
  readonly parts: (request: never) => object
  readonly view: (parts: never) => unknown
  readonly headers?: (view: never) => Readonly<Record<string, string>>
}

async function answer(
  core: ScreenCore,
  operation: Operation,
  spec: Erased,
  ...[exchange, req, res, grant]: Parameters<Handler>
) {
  const received = await receive(operation, req, exchange)
  const scope = exchange.scope.child()
  try {
    const from = core.from(exchange, scope)
    const parts = spec.parts({ ...received, ...grant, from } as never) as Parts
    const { values, statuses } = await inTime(exchange, settle(parts, reporter(exchange)))
    const view = spec.view(values as never)
    const body = operation.optional === undefined ? view : { ...(view as object), meta: { parts: statuses } }
    send(res, operation, body, spec.headers?.(view as never) ?? {})
  } finally {
    scope.end(over)
  }
}

/** Why a call that nobody waits for any more ends. */
const over = new Error('the screen has been answered')

const reporter = (exchange: Exchange) => (part: string, error: unknown) =>
  exchange.log.warn({ traceId: exchange.traceId, part, err: error }, 'part fell back')

async function inTime<T>(exchange: Exchange, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const left = Math.max(0, exchange.deadline - performance.now())
  const timer = setTimeout(() => late.reject(problem(504, 'deadline-exceeded')), left)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function send(res: ServerResponse, operation: Operation, body: unknown, headers: Readonly<Record<string, string>>) {
  if (res.destroyed) return
  const status = operation.status ?? (operation.out === undefined ? 204 : 200)
  if (operation.out === undefined) {
    res.writeHead(status, headers).end()
    return
  }
  const type = 'application/json; charset=utf-8'
  respond(res, status, { 'cache-control': 'private, no-cache', ...headers, 'content-type': type }, body)
}
