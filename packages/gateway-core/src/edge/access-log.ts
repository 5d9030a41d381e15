import type { RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import type { Identity } from '../exchange.ts'
import { plain, plainPath } from '../plain.ts'
import type { Problem } from '../problem.ts'
import type { LimitFields } from './limit.ts'
import { type Trace, traceOf, type Tracing } from '../trace.ts'

export interface AccessLogOptions {
  /** Default `continue`. */
  readonly tracing?: Tracing
  /** Told of each request as it comes, before anything else happens. */
  readonly began?: () => void
  /** Told of each once it is over, as the line tells it; of a stream without `ms`. */
  readonly ended?: (route: string | undefined, method: string, status: number, ms?: number) => void
}

/** What others leave in `res.locals` for the line. */
export interface Locals {
  traceId: string
  trace: Trace
  /** The pattern of the route, never the path. */
  route?: string
  failed?: Problem
  /** Not worth a line where people read along. */
  chatter?: boolean
  exchange?: Visitor
  /** What a rate limit has to say, for the head of the answer. */
  fields?: LimitFields | undefined
}

/** What an `Exchange` knows that a request does not say. */
interface Visitor {
  readonly address: string
  readonly identity?: Identity
  readonly streams?: boolean
  readonly calls?: readonly CallEnd[]
}

/** One attempt at an upstream: whom, how it ended, how many milliseconds until it was known. */
export type CallEnd = readonly [upstream: string, outcome: string, ms: number]

/** More calls than these are counted in the metrics only. */
const mostCalls = 16

/**
 * First of all: give the request its trace (`res.locals.traceId`, `res.locals.trace`), and write one line once its answer is
 * out, or its client gone (499). The line holds at most 8 KiB, of what the client sent only path and user agent, both cut
 * and cleaned, and no query, header or token. An error of ours is told with what caused it.
 */
export function accessLog(log: Logger, { tracing, began, ended }: AccessLogOptions = {}): RequestHandler {
  return (req, res, next) => {
    const start = performance.now()
    const trace = traceOf(req.headers, tracing)
    const locals = res.locals as Locals
    locals.trace = trace
    locals.traceId = trace.id
    const { socket, url } = req
    // Once the socket is closed it does not know any more whose it was.
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

/** Not one that was refused: that is a response like any other. */
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
      // With its head. Answers that a client asks for before it has the last one share what was written meanwhile.
      bytes,
      received: headers['content-length'] === undefined ? undefined : Number(headers['content-length']),
      code: failed?.code,
      source: failed?.options.source,
      // Of a refused forgery: what spoke against it.
      signal: failed?.options.extra?.['signal'],
      user: cut(exchange?.identity?.user.id, 128),
      // Who still asks for what will be no more.
      ...(res.hasHeader('deprecation') && {
        deprecated: true,
        client: cut(exchange?.identity?.client, 64),
        version: cut(headers['x-app-version'], 32),
      }),
      address: exchange?.address ?? address,
      agent: cut(headers['user-agent'], 200),
      calls: calls !== undefined && calls.length > mostCalls ? calls.slice(0, mostCalls) : calls,
      err: level === 'error' ? failed?.options.cause : undefined,
    },
    'exchange',
  )
}

const cut = (said: string | string[] | undefined, length: number): string | undefined =>
  said === undefined ? undefined : plain(String(said), length)
