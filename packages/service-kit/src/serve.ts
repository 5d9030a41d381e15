import type { Answer, Contract, Method, Operation, Received } from '@bff/gateway-core/contract'
import { parseKey } from '@bff/gateway-core/contract'
import { problem } from '@bff/gateway-core/problem'
import { receive } from '@bff/gateway-core/receive'
import { accessLog, notFound, problems } from '@bff/gateway-core/server'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import type { Caller, Verify } from './verifier.ts'

/** What a handler knows of a request beside its contract's inputs. */
export interface Context {
  /** The caller; an empty ID where the operation is `open`. */
  readonly user: Caller
  /** Aborts when the caller disconnects. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly traceId: string
  readonly setHeader: (name: string, value: string) => void
}

export type Handlers<C extends Contract> = {
  readonly [K in keyof C]: (request: Received<C, K> & Context) => Answer<C, K> | Promise<Answer<C, K>>
}

export interface ServiceOptions {
  readonly log: Logger
  /** Required unless all operations are `open`. */
  readonly verify?: Verify | undefined
  /** Handles routes outside the contract, such as images. */
  readonly raw?: RequestHandler | undefined
}

const anonymous: Caller = { id: '' }

/** Serves a contract over HTTP. Every operation requires a verified user unless it says otherwise. */
export function serve<const C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  { log, verify, raw }: ServiceOptions,
): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.use(accessLog(log))
  const paths = Map.groupBy(Object.keys(contract), (key) => parseKey(key).path)
  for (const [path, keys] of paths) {
    const route = app.route(path)
    for (const key of keys) {
      const operation = contract[key as keyof C] as Operation
      const handler = handlers[key as keyof C] as unknown as (request: unknown) => unknown
      route[verb(parseKey(key).method)](answer(key, operation, handler, { log, verify }))
    }
    route.all(refuse(keys))
  }
  if (raw !== undefined) app.use(raw)
  app.use(notFound, malformed, problems)
  return app
}

const verb = (method: Method) => method.toLowerCase() as 'get' | 'post' | 'put' | 'delete' | 'patch' | 'head'

/** For a path that cannot be decoded, such as `/products/%zz`. */
const malformed: ErrorRequestHandler = (error: unknown, _req, _res, next) =>
  next(error instanceof URIError ? problem(400, 'malformed-request', { cause: error }) : error)

function answer(
  key: string,
  operation: Operation,
  handler: (request: unknown) => unknown,
  { log, verify }: ServiceOptions,
): RequestHandler {
  const kind = operation.auth ?? 'user'
  if (kind !== 'open' && verify === undefined) throw new TypeError(`${key} is not open: it needs \`verify\``)
  return async (req, res) => {
    res.locals['route'] = key
    // A service that polls another makes requests all day.
    res.locals['chatter'] = kind === 'service'
    const user = kind === 'open' ? anonymous : await verify!(kind, req.headers.authorization)
    const [, query] = /\?(.*)$/s.exec(req.url) ?? []
    const received = await receive(operation, req, {
      params: req.params as Record<string, string>,
      query: new URLSearchParams(query),
    })
    const gone = new AbortController()
    res.once('close', () => gone.abort())
    const { traceId } = res.locals as { traceId: string }
    const setHeader = (name: string, value: string) => void res.setHeader(name, value)
    const body = await handler({ ...received, user, signal: gone.signal, log, traceId, setHeader })
    if (operation.out === undefined) res.status(operation.status ?? 204).end()
    else res.status(operation.status ?? 200).json(body)
  }
}

const refuse = (keys: readonly string[]): RequestHandler => {
  const methods = keys.map((key) => parseKey(key).method)
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
  return () => {
    throw problem(405, 'method-not-allowed', { headers: { allow } })
  }
}
