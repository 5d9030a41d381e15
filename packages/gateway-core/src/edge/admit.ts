import { granted } from '../auth/guards.ts'
import type { Exchange, Route } from '../exchange.ts'
import { Problem } from '../problem.ts'
import type { Surroundings } from './exchange.ts'
import { joined, type LimitFields } from './limit.ts'

/** Holds the rate limit headers for the response, whatever it becomes. */
export interface Counted {
  fields?: LimitFields | undefined
}

type GuardedRoute = Pick<Route<never>, 'cost' | 'guard' | 'made' | 'path'>

/**
 * Runs every admission check of a route in order: the address limit (so that guessing costs), the gate, the guard, the
 * user limit. Returns what the guard grants or throws a `Problem`. Refusals go to the audit log.
 */
export async function admit(
  exchange: Exchange,
  route: GuardedRoute,
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
      auditRefusal(error, exchange, route.path, around)
    throw error
  }
  if (limits.user !== undefined && exchange.identity !== undefined)
    counted.fields = joined(counted.fields, await limits.user(exchange, route.cost))
  return grant
}

function auditRefusal(
  { code, options }: Problem,
  exchange: Exchange,
  route: string,
  { audit, csrf }: Pick<Surroundings, 'audit' | 'csrf'>,
): void {
  const signal = code === 'csrf-rejected' ? String(options.extra?.['signal']) : undefined
  if (signal !== undefined) csrf?.(signal)
  audit?.('authz_fail', { exchange, identity: exchange.identity, route, reason: code, signal })
}
