import type { RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import type { Identity } from '../exchange.ts'
import { plainOrAbsent, plainPath } from '../plain.ts'
import type { Problem } from '../problem.ts'
import type { LimitFields } from './limit.ts'
import { type Trace, traceOf, type Tracing } from '../trace.ts'

export interface AccessLogOptions {
  /** Default `continue`. */
  readonly tracing?: Tracing
  /** Called for each request, before anything else happens. */
  readonly began?: () => void
  /** Called when a request is over, with the values of its log line; without `ms` for a stream. */
  readonly ended?: (route: string | undefined, method: string, status: number, ms?: number) => void
}

/** What other middleware leaves in `res.locals` for the log line. */
export interface Locals {
  traceId: string
  trace: Trace
  /** The route's pattern, never the path. */
  route?: string
  failed?: Problem
  /** Logged at debug level only. */
  chatter?: boolean
  exchange?: Visitor
  /** Rate limit headers of the response. */
  fields?: LimitFields | undefined
}

/** What an `Exchange` knows beyond the request. */
interface Visitor {
  readonly address: string
  readonly identity?: Identity
  readonly streams?: boolean
  readonly calls?: readonly CallEnd[]
}

/** One attempt at an upstream: its name, outcome, and milliseconds until that was known. */
export type CallEnd = readonly [upstream: string, outcome: string, ms: number]

/** Calls beyond this number are counted in the metrics only. */
const mostCalls = 16

/**
 * Runs first: gives the request its trace (`res.locals.traceId`, `res.locals.trace`) and writes one log line when the
 * response is sent or the client has gone (499). A line is at most 8 KiB. Of client input it holds only path and user
 * agent, both truncated and cleaned; no query, header or token. Errors of ours are logged with their cause.
 */
export function accessLog(log: Logger, { tracing, began, ended }: AccessLogOptions = {}): RequestHandler {
  return (req, res, next) => {
    const start = performance.now()
    const trace = traceOf(req.headers, tracing)
    const locals = res.locals as Locals
    locals.trace = trace
    locals.traceId = trace.id
    const { socket, url } = req
    // A closed socket no longer knows its remote address.
    const address = socket.remoteAddress
    const written = socket.bytesWritten
    began?.()
    res.on('close', () => {
      const ms = performance.now() - start
      const status = res.writableFinished ? res.statusCode : 499
      ended?.(locals.route, req.method, status, isStream(locals, status) ? undefined : ms)
      write(log, res, { status, ms, url, address, bytes: socket.bytesWritten - written })
    })
    next()
  }
}

/** A refused stream is a response like any other. */
const isStream = ({ exchange }: Locals, status: number): boolean =>
  exchange?.streams === true && (status < 400 || status === 499)

interface Ending {
  readonly status: number
  readonly ms: number
  readonly url: string
  readonly address: string | undefined
  readonly bytes: number
}

function write(log: Logger, res: Response, { status, ms, url, address, bytes }: Ending): void {
  const { traceId, route, failed, chatter, exchange } = res.locals as Locals
  const level = status >= 500 ? 'error' : chatter === true ? 'debug' : 'info'
  if (!log.isLevelEnabled(level)) return
  const { method, headers } = res.req
  const calls = exchange?.calls
  log[level](
    {
      traceId,
      method,
      path: plainPath(url),
      route,
      status,
      ms: Math.round(ms * 10) / 10,
      // Includes the head. Pipelined responses each count what was written meanwhile.
      bytes,
      received: headers['content-length'] === undefined ? undefined : Number(headers['content-length']),
      code: failed?.code,
      source: failed?.options.source,
      // Which signal gave a suspected forgery away.
      signal: failed?.options.extra?.['signal'],
      user: plainOrAbsent(exchange?.identity?.user.id, 128),
      // Shows who still calls deprecated operations.
      ...(res.hasHeader('deprecation') && {
        deprecated: true,
        client: plainOrAbsent(exchange?.identity?.client, 64),
        version: plainOrAbsent(headers['x-app-version'], 32),
      }),
      address: exchange?.address ?? address,
      agent: plainOrAbsent(headers['user-agent'], 200),
      calls: calls !== undefined && calls.length > mostCalls ? calls.slice(0, mostCalls) : calls,
      err: level === 'error' ? failed?.options.cause : undefined,
    },
    'exchange',
  )
}
