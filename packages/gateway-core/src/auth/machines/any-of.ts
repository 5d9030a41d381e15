import type { Authenticate, Counted, Exchange } from '../../exchange.ts'

/** An authenticator that can tell whether a request carries its credential. */
export type Carried = Authenticate & { readonly carries: (exchange: Exchange) => boolean }

/**
 * Several authenticators, for an app with several kinds of clients: `anyOf(apiKeys(…), bearer(…))`. The first whose
 * credential the request carries decides alone, so that a bad key is refused whatever else is sent; without any, the
 * last one refuses. Other credentials are ignored. A cookie authenticator must be last; it brings its own CSRF check.
 */
export function anyOf(...authenticators: readonly [Carried, ...Carried[], Authenticate]): Authenticate {
  const last = authenticators.at(-1)!
  const others = authenticators.slice(0, -1) as Carried[]
  if (others.length === 0 || others.some(({ carries }) => typeof carries !== 'function'))
    throw new TypeError('anyOf() needs two authenticators or more, all but the last with `carries`')
  const authenticate = (exchange: Exchange) => (others.find(({ carries }) => carries(exchange)) ?? last)(exchange)
  const reads = new Set(authenticators.flatMap((one) => one.reads ?? ['authorization', 'cookie']))
  return Object.assign(authenticate, {
    reads: [...reads],
    counting: (counted: Counted) => {
      for (const one of authenticators) one.counting?.(counted)
    },
  })
}
