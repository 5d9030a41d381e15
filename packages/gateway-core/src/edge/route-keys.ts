import type { Method } from '../contract.ts'

/** One method and path, with every route that could answer it. */
export interface RouteKey<R> {
  readonly method: Method
  readonly path: string
  /** In listing order. */
  readonly choices: R[]
}

interface Answering {
  readonly route: { readonly methods: readonly Method[]; readonly path: string }
}

/**
 * Groups routes by method and path, whatever their parameters are called. A GET route also answers HEAD, unless a route
 * exists for the HEAD of that path alone.
 */
export function keysOf<R extends Answering>(routes: readonly R[]): readonly RouteKey<R>[] {
  const own = new Set(
    routes
      .filter(({ route }) => route.methods.includes('HEAD') && !route.methods.includes('GET'))
      .map(({ route }) => shapeOf(route.path)),
  )
  const keys = new Map<string, RouteKey<R>>()
  for (const bound of routes) {
    const { path, methods } = bound.route
    const shape = shapeOf(path)
    const all = new Set(methods)
    if (all.has('GET') && !own.has(shape)) all.add('HEAD')
    for (const method of all) {
      const name = `${method} ${shape}`
      const key = keys.get(name)
      if (key === undefined) keys.set(name, { method, path, choices: [bound] })
      else key.choices.push(bound)
    }
  }
  return [...keys.values()]
}

const shapeOf = (path: string): string => path.replace(/:\w+/g, ':')
