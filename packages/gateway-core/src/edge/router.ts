import findMyWay from 'find-my-way'
import type { Handler, Route } from '../exchange.ts'

export interface Bound {
  readonly route: Route<never>
  readonly handle: Handler
}

export type Match =
  | { readonly bound: Bound; readonly params: Readonly<Record<string, string>> }
  /** Nothing answers this path (empty), or not this method. */
  | { readonly allow: readonly string[] }

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Index the routes once. Static segments beat parameters, which beat `*`. Two routes for one key throw, with that key. */
export function router(routes: readonly Bound[]): (method: string, path: string) => Match {
  const index = findMyWay({ caseSensitive: true, maxParamLength: 512 })
  for (const bound of routes) {
    index.on([...bound.route.methods], bound.route.path, () => undefined, bound)
  }
  const find = (method: string, path: string) => index.find(method as 'GET', path)
  const answers = (method: string, path: string) => find(method, path) ?? (method === 'HEAD' ? find('GET', path) : null)
  return (method, path) => {
    const found = answers(method, path)
    if (found !== null) return { bound: found.store as Bound, params: found.params as Record<string, string> }
    return { allow: methods.filter((other) => answers(other, path) !== null) }
  }
}
