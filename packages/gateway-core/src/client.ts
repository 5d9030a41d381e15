import { type Call, type Contract, fill, type Target } from './contract.ts'

/** Why a call failed: the problem the server answered with, or one of `network-error` and `invalid-answer`, made here. */
export class ClientProblem extends Error {
  override readonly name = 'ClientProblem'
  /** 0 when no answer came. */
  readonly status: number
  /** Stable: switch on this, never on `title`. */
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[]
  /** What to hand to whoever reads the server's logs. */
  readonly traceId: string | undefined
  /** Every other member of the problem, such as `loginUrl`. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(status: number, body: Readonly<Record<string, unknown>>, cause?: unknown) {
    const { type: _type, status: _status, code, title, detail, errors, traceId, ...extra } = body
    super(text(detail) ?? text(title) ?? text(code), { cause })
    this.status = status
    this.code = text(code) ?? 'invalid-answer'
    this.title = text(title) ?? this.code
    this.detail = text(detail)
    this.errors = Array.isArray(errors) ? (errors as ClientProblem['errors']) : []
    this.traceId = text(traceId)
    this.extra = extra
  }
}

export interface ClientOptions {
  /** Put before every path. Default: none, so the paths belong to the page's own origin. */
  readonly baseUrl?: string | undefined
  /** Default: the platform's, which in browsers is `same-origin`. */
  readonly credentials?: RequestInit['credentials'] | undefined
  /** Asked before every request: the place for an access token. What it throws, the call throws. */
  readonly headers?: (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>) | undefined
  /** Sends `X-CSRF: 1`, which a BFF that knows people by their cookie requires. Default false. */
  readonly csrf?: boolean | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Told of every problem just before it is thrown; not of an abort. */
  readonly onProblem?: ((problem: ClientProblem) => void) | undefined
}

export type Client<C extends Contract> = Call<C> & {
  /** The same client, its calls ended by this signal. They then throw the signal's reason. */
  with(options: { readonly signal: AbortSignal }): Call<C>
}

/**
 * Call a BFF by its contract. Only the contract's type is needed: `createClient<Web>()('GET /api/products/:id', { id })`.
 * Whatever is not an answer of success throws a `ClientProblem`. A GET that met a network error is sent once more.
 */
export function createClient<C extends Contract>(options: ClientOptions = {}): Client<C> {
  const { onProblem } = options
  const call = async (signal: AbortSignal | undefined, key: string, input?: Record<string, unknown>) => {
    try {
      return await send(options, fill(key, input), signal)
    } catch (error) {
      if (error instanceof ClientProblem) onProblem?.(error)
      throw error
    }
  }
  const bound = (signal?: AbortSignal) => ((key, ...[input]) => call(signal, key, input)) as Call<C>
  return Object.assign(bound(), { with: ({ signal }: { readonly signal: AbortSignal }) => bound(signal) })
}

async function send(options: ClientOptions, target: Target, signal: AbortSignal | undefined): Promise<unknown> {
  const { baseUrl = '', credentials, csrf = false, fetch = globalThis.fetch } = options
  const { method, url, body } = target
  const headers = {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(csrf ? { 'x-csrf': '1' } : {}),
    ...(await options.headers?.()),
    ...target.headers,
  }
  const request = {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(signal === undefined ? {} : { signal }),
  }
  for (let retries = method === 'GET' ? 1 : 0; ; retries -= 1) {
    try {
      const response = await fetch(baseUrl.replace(/\/$/, '') + url, request)
      return read(response.status, await response.text())
    } catch (error) {
      if (error instanceof ClientProblem || signal?.aborted === true) throw error
      if (retries === 0) throw new ClientProblem(0, networkError, error)
    }
  }
}

function read(status: number, body: string): unknown {
  if (status === 204) return undefined
  const value = parse(body)
  if (value === undefined) throw new ClientProblem(status, invalidAnswer)
  if (status >= 200 && status < 300) return value
  const isProblem = typeof value === 'object' && value !== null && 'code' in value
  throw new ClientProblem(status, isProblem ? value : invalidAnswer)
}

const networkError = {
  code: 'network-error',
  title: 'No connection',
  detail: 'No answer came. Check the connection and try again.',
}

const invalidAnswer = {
  code: 'invalid-answer',
  title: 'Unexpected answer',
  detail: 'The answer was not one this app understands.',
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
