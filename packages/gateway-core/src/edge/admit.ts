import { granted } from '../auth/guards.ts'
import type { Exchange, Route } from '../exchange.ts'
import { Problem } from '../problem.ts'
import type { Surroundings } from './exchange.ts'
import { joined, type LimitFields } from './limit.ts'

/** Where the fields of a rate limit are left for the answer, whichever it will be. */
export interface Counted {
  fields?: LimitFields | undefined
}

type Asked = Pick<Route<never>, 'cost' | 'guard' | 'made' | 'path'>

/**
 * All that stands between a route and whoever asks for it, in its order: the limit by address, so that guessing costs; the
 * gate, the guard; and the limit by user. What the guard grants, or a thrown `Problem`. Who is refused stands in the audit log.
 */
export async function admit(
  exchange: Exchange,
  route: Asked,
  around: Pick<Surroundings, 'limits' | 'gate' | 'audit' | 'csrf'>,
  counted: Counted,
): Promise<object> {
  const { limits = {}, gate } = around
  counted.fields = await limits.address?.(exchange, route.cost)
  gate?.(exchange, route)
  let grant: object
  try {
    grant = granted(await route.guard(exchange))
  } catch (error) {
    if (error instanceof Problem && (error.status === 401 || error.status === 403))
      tellRefusal(error, exchange, route.path, around)
    throw error
  }
  if (limits.user !== undefined && exchange.identity !== undefined)
    counted.fields = joined(counted.fields, await limits.user(exchange, route.cost))
  return grant
}

function tellRefusal(
  { code, options }: Problem,
  exchange: Exchange,
  route: string,
  { audit, csrf }: Pick<Surroundings, 'audit' | 'csrf'>,
): void {
  const signal = code === 'csrf-rejected' ? String(options.extra?.['signal']) : undefined
  if (signal !== undefined) csrf?.(signal)
  audit?.('authz_fail', { exchange, identity: exchange.identity, route, reason: code, signal })
}
