import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Authenticate, Exchange } from '../exchange.ts'

export interface Surroundings {
  readonly authenticate: Authenticate
  readonly log: Logger
  /** Milliseconds one exchange may take. */
  readonly budget: number
}

export interface Matched {
  readonly traceId: string
  readonly path: string
  readonly params: Readonly<Record<string, string>>
}

export function newExchange(
  req: IncomingMessage,
  res: ServerResponse,
  matched: Matched,
  around: Surroundings,
): Exchange {
  const gone = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) gone.abort()
  })
  const url = req.url ?? '/'
  const mark = url.indexOf('?')
  let authenticated: Promise<NonNullable<Exchange['identity']>> | undefined
  const exchange: Exchange = {
    ...matched,
    method: req.method ?? 'GET',
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark)),
    headers: req.headers,
    address: req.socket.remoteAddress ?? '',
    deadline: performance.now() + around.budget,
    signal: gone.signal,
    log: around.log,
    authenticate: async () => {
      exchange.identity = await (authenticated ??= around.authenticate(exchange))
      return exchange.identity
    },
  }
  return exchange
}

/** Go on with a trace that a well-formed `traceparent` (W3C Trace Context §3.2) names, or begin one. */
export function traceIdOf(req: IncomingMessage): string {
  const [, id] = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(String(req.headers['traceparent'])) ?? []
  return id === undefined || /^0+$/.test(id) ? randomBytes(16).toString('hex') : id
}
