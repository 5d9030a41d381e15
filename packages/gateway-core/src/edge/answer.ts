import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { problem } from '../problem.ts'
import { Inbound, type Surroundings } from './exchange.ts'
import { canonical } from './path.ts'
import { type Bound, router } from './router.ts'
import { repeated } from './singletons.ts'

/** Route, guard, answer. A path that no route knows is left to what follows; a method that none takes is refused here. */
export function answer(routes: readonly Bound[], around: Surroundings): RequestHandler {
  const find = router(routes)
  return async (req: Request, res: Response, next: NextFunction): Promise<void> => {
    const mark = req.url.indexOf('?')
    const path = canonical(mark < 0 ? req.url : req.url.slice(0, mark))
    if (path === undefined) throw problem(400, 'invalid-path', { detail: 'The path is not in its canonical form.' })
    const twice = repeated(req.rawHeaders)
    if (twice !== undefined) throw problem(400, 'repeated-header', { detail: `${twice} may be sent once only.` })
    const match = find(req.method, path)
    if ('allow' in match) {
      if (match.allow.length === 0) return next()
      return refuse(req, res, [...match.allow, 'OPTIONS'].join(', '))
    }
    const { traceId } = res.locals as { traceId: string }
    const search = mark < 0 ? '' : req.url.slice(mark)
    const exchange = new Inbound(req, res, { traceId, path, search, params: match.params }, around)
    const { route, handle } = match.bound
    res.locals['route'] = route.path
    await handle(exchange, req, res, await route.guard(exchange))
  }
}

function refuse(req: Request, res: Response, allow: string): void {
  if (req.method !== 'OPTIONS') throw problem(405, 'method-not-allowed', { headers: { allow } })
  res.writeHead(204, { allow }).end()
}
