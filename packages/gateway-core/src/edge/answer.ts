import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { problem } from '../problem.ts'
import type { Locals } from './access-log.ts'
import { checks } from './checked.ts'
import { clientAddress } from './client-address.ts'
import { Inbound, type Surroundings } from './exchange.ts'
import { joined } from './limit.ts'
import { type Bound, choose, type Find, router } from './router.ts'

/**
 * Check, route, limit, guard, answer. A path that no route knows is left to what follows; a method that none takes is refused
 * here. The limit by address comes before the guard, so that guessing costs; the one by user after it.
 */
export function answer(routes: readonly Bound[], around: Surroundings, find: Find = router(routes)): RequestHandler {
  const { check = checks(), addressOf = clientAddress(), limits = {} } = around
  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const { path, search } = check(req)
    const match = find(req.method, path)
    if ('allow' in match) {
      if (match.allow.length === 0) return next()
      return refuse(req, res, [...match.allow, 'OPTIONS'].join(', '))
    }
    const locals = res.locals as Locals
    const matched = { trace: locals.trace, path, search, params: match.params, address: addressOf(req) }
    const exchange = new Inbound(req, res, matched, around)
    locals.exchange = exchange
    const chosen = choose(match.bound, exchange)
    if (chosen === undefined) return next()
    const { route, handle } = chosen
    locals.route = route.path
    locals.fields = await limits.address?.(exchange, route.cost)
    const grant = await route.guard(exchange)
    if (limits.user !== undefined && exchange.identity !== undefined)
      locals.fields = joined(locals.fields, await limits.user(exchange, route.cost))
    await handle(exchange, req, res, grant)
  }
}

function refuse(req: Request, res: Response, allow: string): void {
  if (req.method !== 'OPTIONS') throw problem(405, 'method-not-allowed', { headers: { allow } })
  res.writeHead(204, { allow }).end()
}
