import { type Call, type Contract, fill } from './contract.ts'
import type { Fault } from './problem.ts'

export interface ClientOptions {
  /** Where the BFF is. Default: where the page came from. */
  readonly baseUrl?: string
  /** Asked before every request: a bearer token, say. */
  readonly headers?: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
  /** Send `X-CSRF: 1`, which a BFF with a session cookie asks for. Default false. */
  readonly csrf?: boolean
  readonly fetch?: typeof fetch
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

/** `bff('GET /api/products/:id', { id })`, typed by the contract alone. */
export interface Client<C extends Contract> extends Call<C> {
  /** The same client, whose calls end when `signal` aborts. */
  readonly with: (options: CallOptions) => Call<C>
}

/** What a BFF refused, or why it could not be heard. `code` is stable; switch on it. */
export class ClientProblem extends Error {
  override readonly name = 'ClientProblem'
  /** 0 when there was no answer at all. */
  readonly status: number
  /** The problem's own, or `network-error`, or `invalid-answer`. */
  readonly code: string
  readonly detail: string | undefined
  readonly errors: readonly Fault[]
  /** Name it to whoever runs the BFF: every log line of the request carries it. */
  readonly traceId: string | undefined
  /** Every member of the problem, such as `loginUrl`. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(status: number, code: string, members: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(text(members['title']) ?? code, { cause })
    this.status = status
    this.code = code
    this.detail = text(members['detail'])
    this.errors = Array.isArray(members['errors']) ? (members['errors'] as Fault[]) : []
    this.traceId = text(members['traceId'])
    this.members = members
  }
}

/** A client of a BFF: no generated code, no schema in the bundle. Throws a `ClientProblem`; an aborted call throws its signal's reason. */
export function createClient<C extends Contract>(options: ClientOptions = {}): Client<C> {
  const bound = ({ signal }: CallOptions) =>
    (async (key: string, input?: Record<string, unknown>) => {
      const target = fill(key, input)
      const headers = new Headers({ accept: 'application/json', ...target.headers, ...(await options.headers?.()) })
      if (options.csrf === true) headers.set('x-csrf', '1')
      const init: RequestInit = { method: target.method, headers, credentials: 'same-origin' }
      if (signal !== undefined) init.signal = signal
      if (target.body !== undefined) {
        headers.set('content-type', 'application/json')
        init.body = JSON.stringify(target.body)
      }
      return decode(await send(options, target.url, init))
    }) as Call<C>
  return Object.assign(bound({}), { with: bound })
}

/** A read that never reached the BFF is worth one more try; a write may have. */
async function send({ baseUrl = '', fetch: send = fetch }: ClientOptions, url: string, init: RequestInit): Promise<Response> {
  for (let tries = init.method === 'GET' ? 2 : 1; ; tries--) {
    try {
      return await send(baseUrl + url, init)
    } catch (error) {
      if (init.signal?.aborted === true) throw error
      if (tries === 1) throw new ClientProblem(0, 'network-error', { title: 'The shop cannot be reached' }, error)
    }
  }
}

async function decode(answer: Response): Promise<unknown> {
  if (answer.status === 204) return undefined
  const body = await parse(answer)
  if (answer.ok && body !== undefined) return body
  const members = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  throw new ClientProblem(answer.status, text(members['code']) ?? 'invalid-answer', members)
}

async function parse(answer: Response): Promise<unknown> {
  const body = await answer.text().catch((error: unknown) => {
    throw new ClientProblem(0, 'network-error', { title: 'The answer broke off' }, error)
  })
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
