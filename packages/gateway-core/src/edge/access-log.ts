import type { RequestHandler } from 'express'
import type { Logger } from 'pino'
import type { Problem } from '../problem.ts'
import { traceIdOf } from '../trace.ts'

/** First of all: give the request its trace id, and write one line once its answer is out, or its client gone (499). */
export const accessLog =
  (log: Logger): RequestHandler =>
  (req, res, next) => {
    const start = performance.now()
    const [path] = req.url.split('?', 1)
    const traceId = traceIdOf(req.headers)
    res.locals['traceId'] = traceId
    res.once('close', () => {
      const { route, failed, chatter } = res.locals as { route?: string; failed?: Problem; chatter?: boolean }
      const status = res.writableFinished ? res.statusCode : 499
      const ms = Math.round(performance.now() - start)
      const line = {
        traceId,
        method: req.method,
        path,
        route,
        status,
        ms,
        code: failed?.code,
        source: failed?.options.source,
      }
      if (status >= 500) log.error({ ...line, err: failed?.cause }, 'exchange')
      else log[chatter === true ? 'debug' : 'info'](line, 'exchange')
    })
    next()
  }
