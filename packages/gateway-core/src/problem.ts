/** One invalid field of a request: an RFC 6901 pointer into params, query, headers or body, and what is wrong. */
export interface Fault {
  readonly pointer: string
  readonly detail: string
}

export interface ProblemOptions {
  /** One sentence for the person who reads the response. Never an address, a stack or a token. */
  readonly detail?: string | undefined
  readonly errors?: readonly Fault[] | undefined
  /** The upstream that failed. */
  readonly source?: string | undefined
  /** The upstream's own problem, declared by its contract. Never sent to clients. */
  readonly own?: boolean | undefined
  /** Extension members (RFC 9457 §3.2) that a client needs to proceed, e.g. `loginUrl`. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined
  /** Response headers that belong to the status, e.g. `allow` or `retry-after`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** For the log only. */
  readonly cause?: unknown
}

/** The only error sent to clients (RFC 9457). `code` is stable: clients switch on it, titles may change. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly code: string
  readonly options: ProblemOptions

  constructor(status: number, code: string, options: ProblemOptions = {}) {
    super(options.detail ?? titleOf(code), { cause: options.cause })
    this.status = status
    this.code = code
    this.options = options
  }

  /** The body, as `application/problem+json`. */
  body(traceId: string): Readonly<Record<string, unknown>> {
    const { detail, errors, source, extra } = this.options
    return {
      type: `urn:problem:${this.code}`,
      title: titleOf(this.code),
      status: this.status,
      code: this.code,
      ...(detail === undefined ? {} : { detail }),
      ...(source === undefined ? {} : { source }),
      ...(errors === undefined ? {} : { errors }),
      traceId,
      ...extra,
    }
  }
}

/** `throw problem(404, 'order-not-found')` */
export const problem = (status: number, code: string, options?: ProblemOptions): Problem =>
  new Problem(status, code, options)

const titleOf = (code: string): string => code.charAt(0).toUpperCase() + code.slice(1).replaceAll('-', ' ')
