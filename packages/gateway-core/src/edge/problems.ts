import type { ServerResponse } from 'node:http'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { problem, type Problem } from '../problem.ts'
import { respond } from '../respond.ts'
import { toProblem } from '../road/fault.ts'

export const notFound: RequestHandler = () => {
  throw problem(404, 'route-not-found')
}

/** Turns anything thrown into a problem response. Express recognises an error handler by its four parameters. */
export const problems: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  const failed = toProblem(error)
  const { traceId } = res.locals as { traceId: string }
  res.locals['failed'] = failed
  sendProblem(res, failed, traceId)
}

/** Answers with a problem. If a response has begun, cuts the connection: half must not pass for whole. */
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
