import { unlessAborted } from './client/abort.ts'
import type { Caller } from './client/caller.ts'
import { type Deprecation, deprecations } from './client/deprecation.ts'
import { ClientProblem, type CodeOf } from './client/problem.ts'
import { type Clock, clock, retry, retryAfter } from './client/retry.ts'
import { type Call, type Contract, fill, type Target } from './contract.ts'

export { bearer } from './client/bearer.ts'
export type { Bearer, BearerOptions, Token } from './client/bearer.ts'
export type { Caller } from './client/caller.ts'
export { cookie } from './client/cookie.ts'
export type { Deprecation } from './client/deprecation.ts'
export { ClientProblem } from './client/problem.ts'
export type { CodeOf, CommonCode } from './client/problem.ts'
export { remember } from './client/remember.ts'
export type { MemoryOptions } from './client/remember.ts'
export { clock } from './client/retry.ts'
export type { Clock } from './client/retry.ts'
export type { Call } from './contract.ts'

type Headers = Readonly<Record<string, string>>

export interface ClientOptions {
  /** Prefix of every path. Default: none, so paths are on the page's own origin. */
  readonly baseUrl?: string | undefined
  /** Credentials: `cookie()` or `bearer(…)`. Default: anonymous. */
  readonly as?: Caller | undefined
  /** Extra headers, computed per call of an operation (`GET /orders/:id`). What it throws, the call throws. */
  readonly headers?: ((operation: string) => Headers | Promise<Headers>) | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Called with every problem just before it is thrown; not for an abort. */
  readonly onProblem?: ((problem: ClientProblem) => void) | undefined
  /** Called once per operation whose response announces its deprecation. */
  readonly onDeprecated?: ((deprecation: Deprecation) => void) | undefined
}

export type Client<C extends Contract> = Call<C> & {
  /** The same client, with calls aborted by this signal; they then throw the signal's reason. */
  with(options: { readonly signal: AbortSignal }): Call<C>
  /**
   * Whether that operation failed with one of these codes: `bff.is(error, 'GET /api/orders/:id', 'order-not-found')`.
   * Only codes that the operation declares, and the common ones, compile.
   */
  is<K extends keyof C & string, Code extends CodeOf<C, K>>(
    error: unknown,
    operation: K,
    ...codes: readonly [Code, ...Code[]]
  ): error is ClientProblem<Code>
}

/**
 * A client for a BFF's contract. It needs only the contract's type: `createClient<Web>()('GET /api/products/:id', { id
 * })`. Any response but a success throws a `ClientProblem`. A call with no response, or a transient failure, is retried
 * once where that is safe: see `retry`.
 */
export function createClient<C extends Contract>(options: ClientOptions = {}, time: Clock = clock): Client<C> {
  const send = sender(options, time)
  const call = async (signal: AbortSignal | undefined, key: string, input?: Record<string, unknown>) => {
    try {
      return await unlessAborted(send(key, fill(key, input), signal), signal)
    } catch (error) {
      if (error instanceof ClientProblem) options.onProblem?.(error)
      throw error
    }
  }
  const bound = (signal?: AbortSignal) => ((key, ...[input]) => call(signal, key, input)) as Call<C>
  return Object.assign(bound(), {
    with: ({ signal }: { readonly signal: AbortSignal }) => bound(signal),
    is: (error: unknown, operation: string, ...codes: readonly string[]): error is ClientProblem<never> =>
      error instanceof ClientProblem && error.operation === operation && codes.includes(error.code),
  })
}

/** Sends one call, with credentials; retries repeat it with the same proof. */
function sender({ baseUrl, as, headers, onDeprecated, ...options }: ClientOptions, time: Clock) {
  const base = baseUrl?.replace(/\/$/, '') ?? ''
  const look = onDeprecated && deprecations(onDeprecated)
  const exchange = async (operation: string, target: Target, request: RequestInit): Promise<unknown> => {
    let response, body
    try {
      response = await (options.fetch ?? fetch)(base + target.url, request)
      body = await response.text()
    } catch (cause) {
      throw new ClientProblem(operation, 0, networkError, { cause })
    }
    look?.(operation, response.headers)
    return read(operation, target, response, body, time.now)
  }
  return async (operation: string, target: Target, signal: AbortSignal | undefined): Promise<unknown> => {
    const person = as?.person
    const mayGo = () => {
      if (signal?.aborted === true) throw signal.reason
      if (as?.person !== person) throw new ClientProblem(operation, 401, signedOut)
    }
    mayGo()
    const own = await headers?.(operation)
    const attempt = (proof?: Headers) =>
      retry(isRepeatable(target), time, () => {
        mayGo()
        return exchange(operation, target, requestOf(target, { ...own, ...proof }, as?.credentials, signal))
      })
    return as === undefined ? attempt() : as.send(attempt, operation)
  }
}

const isRepeatable = ({ method, headers }: Target): boolean =>
  method === 'GET' || method === 'HEAD' || headers?.['idempotency-key'] !== undefined

function requestOf(
  { method, body, headers }: Target,
  more: Headers,
  credentials: Caller['credentials'],
  signal: AbortSignal | undefined,
): RequestInit {
  return {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...more,
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(signal === undefined ? {} : { signal }),
  }
}

function read(operation: string, { method }: Target, response: Response, body: string, now: () => number): unknown {
  const { status, ok, headers } = response
  if (status === 204 || (ok && method === 'HEAD')) return undefined
  const value = parse(body) as Readonly<Record<string, unknown>> | null | undefined
  if (ok && value !== undefined) return value
  const isProblem = typeof value?.['code'] === 'string'
  throw new ClientProblem(operation, status, isProblem ? value : invalidAnswer, {
    retryAfter: retryAfter(headers.get('retry-after'), now),
  })
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const networkError = {
  code: 'network-error',
  title: 'No connection',
  detail: 'The server did not answer. Check the connection and try again.',
}

const signedOut = {
  code: 'signed-out',
  title: 'Signed out',
  detail: 'The user who started this has signed out since.',
}

const invalidAnswer = {
  code: 'invalid-answer',
  title: 'Unexpected answer',
  detail: 'The server sent an answer that this app does not understand.',
}
