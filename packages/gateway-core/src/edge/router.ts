import findMyWay from 'find-my-way'
import type { Compose, Exchange, Handler, Route, Upgrade } from '../exchange.ts'
import { conflicts } from './conflicts.ts'
import { keysOf } from './route-keys.ts'

export interface Bound {
  readonly route: Route<never>
  readonly handle: Handler
  /** Absent: upgrades are refused. */
  readonly upgrade?: Upgrade | undefined
  /** Absent: cannot be part of a batch. */
  readonly compose?: Compose | undefined
}

/** Routes that share a key, linked in listing order. */
export interface Choice extends Bound {
  readonly otherwise: Choice | undefined
  /** Request headers that decide which of them answers. */
  readonly chosenBy: readonly string[]
}

export type Match =
  | { readonly bound: Choice; readonly params: Readonly<Record<string, string>> }
  /** Unknown path (empty), or wrong method. */
  | { readonly allow: readonly string[] }

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Finds the route for a method and path. */
export type Find = (method: string, path: string) => Match

/**
 * Indexes the routes once; a look-up then costs the length of the path, however many routes there are. Segment by
 * segment a literal beats a parameter, which beats `*`; matching is case-sensitive. A HEAD is answered by the GET of
 * the same path, unless a route says otherwise. Throws one error that lists every conflict.
 */
export function router(routes: readonly Bound[]): Find {
  const faults = conflicts(routes.map(({ route }) => route))
  if (faults.length > 0)
    throw new TypeError(`The routes do not fit together:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
  const index = findMyWay(options)
  const subtrees = findMyWay(options)
  for (const { method, path, choices } of keysOf(routes)) {
    const chosenBy = [...new Set(choices.flatMap(({ route }) => route.when?.reads ?? []))]
    const first = choices.reduceRight<Choice | undefined>((next, bound) => chain(next, bound, chosenBy), undefined)
    index.on(method, path, nothing, first)
    if (path.endsWith('/*')) subtrees.on(method, path, nothing, first)
  }
  const find = (method: string, path: string) => {
    const found = index.find(method as 'GET', path)
    const empty = found !== null && path.endsWith('/') && /\/:\w+$/.test((found.store as Choice).route.path)
    // Rejects an empty parameter: the index accepts it, a service would read another path.
    return empty ? subtrees.find(method as 'GET', path) : found
  }
  return (method, path) => {
    const found = find(method, path)
    if (found !== null) return { bound: found.store as Choice, params: found.params as Record<string, string> }
    return { allow: methods.filter((other) => find(other, path) !== null) }
  }
}

const options = { caseSensitive: true, maxParamLength: 512 }
const nothing = () => undefined

const chain = (
  otherwise: Choice | undefined,
  { route, handle, upgrade, compose }: Bound,
  chosenBy: readonly string[],
): Choice => ({ route, handle, upgrade, compose, otherwise, chosenBy })

/** The first whose predicate holds, or that has none. Errors of predicates are rethrown. */
export function choose(first: Choice, exchange: Exchange): Choice | undefined {
  for (let one: Choice | undefined = first; one !== undefined; one = one.otherwise) {
    if (one.route.when === undefined || one.route.when.test(exchange)) return one
  }
  return undefined
}
