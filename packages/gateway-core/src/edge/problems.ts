import type { ServerResponse } from 'node:http'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { problem, type Problem } from '../problem.ts'
import { respond } from '../respond.ts'
import { toProblem } from '../road/fault.ts'

/** Nothing answered. */
export const notFound: RequestHandler = () => {
  throw problem(404, 'route-not-found')
}

/** Anything thrown, as the one kind of error that leaves. Express knows an error handler by its four parameters. */
export const problems: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  const failed = toProblem(error)
  const { traceId } = res.locals as { traceId: string }
  res.locals['failed'] = failed
  sendProblem(res, failed, traceId)
}

/** Answer with a problem. When half an answer is out already, cut the connection: half must not pass for whole. */
export function sendProblem(res: ServerResponse, failed: Problem, traceId: string): void {
  if (res.headersSent || res.destroyed) {
    res.destroy()
    return
  }
  const headers = {
    ...failed.options.headers,
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  }
  respond(res, failed.status, headers, failed.body(traceId))
}
