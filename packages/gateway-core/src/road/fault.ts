import { problem, Problem } from '../problem.ts'
import type { Scope } from '../scope.ts'

/**
 * `refused` no connection · `reset` the connection died · `malformed` invalid HTTP, or over our limits · `timeout` ·
 * `aborted` no longer wanted · `open` refused by the breaker · `full` too many calls are waiting, or no descriptors or
 * ports are left.
 */
export type FaultKind = 'refused' | 'reset' | 'malformed' | 'timeout' | 'aborted' | 'open' | 'full'

export interface FaultOptions {
  /** Milliseconds after which a retry is worthwhile. */
  readonly retryAfter?: number
  /** A kept-alive connection died before the first byte of this response: the request was most likely never read. */
  readonly reused?: boolean
  /** The service certainly did not process it (RFC 9113 §8.7): safe to resend, whatever the method. */
  readonly unseen?: boolean
}

/** Why an upstream gave no usable response. Its message is for logs only: it may name addresses. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultKind
  readonly upstream: string
  readonly options: FaultOptions

  constructor(kind: FaultKind, upstream: string, cause?: unknown, options: FaultOptions = {}) {
    super(`${upstream}: ${kind}`, { cause })
    this.kind = kind
    this.upstream = upstream
    this.options = options
  }
}

const kinds: Readonly<Record<string, FaultKind>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  // Our own shortage: no file descriptor or port is left.
  EMFILE: 'full',
  ENFILE: 'full',
  EADDRNOTAVAIL: 'full',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_RESPONSE: 'malformed',
}

/** Converts an error of any library on the way to an upstream into a fault. */
export function faultOf(error: unknown, upstream: string, scope: Scope): Fault {
  if (error instanceof Fault) return error
  if (scope.ended) return scope.reason instanceof Fault ? scope.reason : new Fault('aborted', upstream, error)
  const code = codeOf(error)
  const kind = kinds[code] ?? (code.startsWith('HPE_') ? 'malformed' : 'reset')
  return new Fault(kind, upstream, error, { reused: kind === 'reset' && wasReused(error) })
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  const { code, cause, errors } = error as {
    readonly code?: unknown
    readonly cause?: unknown
    readonly errors?: unknown
  }
  return typeof code === 'string' ? code : codeOf(Array.isArray(errors) ? errors[0] : cause)
}

/** A socket with bytes read has answered before: this is only asked before a response's first byte. */
const wasReused = (error: unknown): boolean =>
  ((error as { readonly socket?: { readonly bytesRead: number } }).socket?.bytesRead ?? 0) > 0

/**
 * The status contract: deadline → 504; breaker open or overloaded → 503 with `Retry-After`; any other upstream failure
 * → 502.
 */
export function problemOf(fault: Fault): Problem {
  const options = { source: fault.upstream, cause: fault }
  switch (fault.kind) {
    case 'timeout':
      return problem(504, 'upstream-timeout', {
        ...options,
        detail: 'A service that this needs did not answer in time.',
      })
    case 'open':
    case 'full':
      return problem(503, 'upstream-unavailable', {
        ...options,
        detail: 'A service that this needs is overloaded or down. Try again shortly.',
        headers: { 'retry-after': String(Math.max(1, Math.ceil((fault.options.retryAfter ?? 1_000) / 1_000))) },
      })
    default:
      return problem(502, 'upstream-failed', { ...options, detail: 'A service that this needs could not answer.' })
  }
}

/** Converts anything thrown into a problem that may be sent. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof Fault) return problemOf(error)
  return problem(500, 'internal-error', { cause: error })
}
