import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Authenticate, Exchange } from '../exchange.ts'
import { Scope } from '../scope.ts'

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
  const scope = new Scope()
  res.once('close', () => {
    if (!res.writableFinished) scope.end(gone)
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
    scope,
    log: around.log,
    authenticate: async () => {
      exchange.identity = await (authenticated ??= around.authenticate(exchange))
      return exchange.identity
    },
  }
  return exchange
}

const gone = new Error('the client left')
