import type { Exchange, Route } from '../exchange.ts'
import type { Surroundings } from './exchange.ts'
import { joined, type LimitFields } from './limit.ts'

/** Where the fields of a rate limit are left for the answer, whichever it will be. */
export interface Counted {
  fields?: LimitFields | undefined
}

/**
 * All that stands between a route and whoever asks for it, in its order: the limit by address, so that guessing costs; the
 * gate, the guard; and the limit by user. What the guard grants, or a thrown `Problem`.
 */
export async function admit(
  exchange: Exchange,
  route: Pick<Route<never>, 'cost' | 'guard' | 'made' | 'path'>,
  { limits = {}, gate }: Pick<Surroundings, 'limits' | 'gate'>,
  counted: Counted,
): Promise<object> {
  counted.fields = await limits.address?.(exchange, route.cost)
  gate?.(exchange, route)
  const grant = await route.guard(exchange)
  if (limits.user !== undefined && exchange.identity !== undefined)
    counted.fields = joined(counted.fields, await limits.user(exchange, route.cost))
  return grant
}
