import type { ErrorRequestHandler, RequestHandler } from 'express'
import { problem, Problem } from '../problem.ts'
import { Fault, problemOf } from '../road/fault.ts'

/** Nothing answered. */
export const notFound: RequestHandler = () => {
  throw problem(404, 'route-not-found')
}

/** Anything thrown, as the one kind of error that leaves. Express knows an error handler by its four parameters. */
export const problems: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
  const failed = toProblem(error)
  res.locals['failed'] = failed
  if (res.headersSent || res.destroyed) {
    // Half an answer is out: it must not pass for a whole one.
    res.destroy()
    return
  }
  const { traceId } = res.locals as { traceId: string }
  const text = JSON.stringify(failed.body(traceId))
  res.writeHead(failed.status, {
    ...failed.options.headers,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  res.end(res.req.method === 'HEAD' ? undefined : text)
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof Fault) return problemOf(error)
  return problem(500, 'internal-error', { cause: error })
}
