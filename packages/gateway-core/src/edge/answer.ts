import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { problem } from '../problem.ts'
import { refusalOf } from '../scope.ts'
import type { Locals } from './access-log.ts'
import { admit } from './admit.ts'
import { checks } from './checked.ts'
import { clientAddress } from './client-address.ts'
import { InboundExchange, type Surroundings } from './exchange.ts'
import { type Bound, choose, type Find, router } from './router.ts'

/**
 * Checks, routes, limits, guards and answers a request. Unknown paths go to the next middleware; a known path with the
 * wrong method is refused here. For the order of limits and guard see `admit`.
 */
export function answer(routes: readonly Bound[], around: Surroundings, find: Find = router(routes)): RequestHandler {
  const { check = checks(), addressOf = clientAddress() } = around
  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const { path, search } = check(req)
    const match = find(req.method, path)
    if ('allow' in match) {
      if (match.allow.length === 0) return next()
      return refuseMethod(req, res, [...match.allow, 'OPTIONS'].join(', '))
    }
    const locals = res.locals as Locals
    const { params, bound } = match
    const { chosenBy } = bound
    const matched = { trace: locals.trace, path, search, params, address: addressOf(req), chosenBy }
    const exchange = new InboundExchange(req, res, matched, around)
    locals.exchange = exchange
    const chosen = choose(bound, exchange)
    if (chosen === undefined) return next()
    const { route, handle } = chosen
    locals.route = route.path
    try {
      const grant = await admit(exchange, route, around, locals)
      await handle(exchange, req, res, grant)
    } catch (error) {
      throw refusalOf(exchange.scope) ?? error
    }
  }
}

function refuseMethod(req: Request, res: Response, allow: string): void {
  if (req.method !== 'OPTIONS') throw problem(405, 'method-not-allowed', { headers: { allow } })
  res.writeHead(204, { allow }).end()
}
