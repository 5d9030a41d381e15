import type { Authenticate, Counted, Exchange } from '../../exchange.ts'

/** One that can say whether a request is for it. */
export type Carried = Authenticate & { readonly carries: (exchange: Exchange) => boolean }

/**
 * Several ways to prove who calls, for an app with several kinds of clients: `anyOf(apiKeys(…), bearer(…))`. The first whose
 * proof the request carries decides alone, so that a bad key is refused whatever else comes with it; one that carries none is
 * the last one's to refuse. Nothing of the other proofs is looked at. Where one of them is a cookie it stands last: its
 * own check for forged requests comes with it.
 */
export function anyOf(...authenticators: readonly [Carried, ...Carried[], Authenticate]): Authenticate {
  const last = authenticators.at(-1)!
  const others = authenticators.slice(0, -1) as Carried[]
  if (others.length === 0 || others.some(({ carries }) => typeof carries !== 'function'))
    throw new TypeError('anyOf() is of two at least, each but the last with `carries`')
  const authenticate = (exchange: Exchange) => (others.find(({ carries }) => carries(exchange)) ?? last)(exchange)
  const reads = new Set(authenticators.flatMap((one) => one.reads ?? ['authorization', 'cookie']))
  return Object.assign(authenticate, {
    reads: [...reads],
    counting: (counted: Counted) => {
      for (const one of authenticators) one.counting?.(counted)
    },
  })
}
