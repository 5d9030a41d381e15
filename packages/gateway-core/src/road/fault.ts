import { problem, Problem } from '../problem.ts'
import type { Scope } from '../scope.ts'

/**
 * `refused` no connection · `reset` the connection died · `malformed` no HTTP, or more than we take · `timeout` ·
 * `aborted` nobody waits any more · `open` the breaker spares it · `full` too many calls wait already,
 * or no connection can be had for want of descriptors or ports.
 */
export type FaultKind = 'refused' | 'reset' | 'malformed' | 'timeout' | 'aborted' | 'open' | 'full'

export interface FaultOptions {
  /** Milliseconds after which asking again is worth it. */
  readonly retryAfter?: number
  /** The connection had answered before and died before the first byte of this answer: the request was most likely never read. */
  readonly reused?: boolean
  /** The service said, or the connection shows, that nobody looked at it (RFC 9113 §8.7): it may be sent again, whatever it is. */
  readonly unseen?: boolean
}

/** Why an upstream gave no usable answer. Its message is for the log: it may name addresses. */
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
  // Ours, not the service's: no file descriptor or no port is left.
  EMFILE: 'full',
  ENFILE: 'full',
  EADDRNOTAVAIL: 'full',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_RESPONSE: 'malformed',
}

/** Name what went wrong on the way to an upstream, whatever library noticed it. */
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

/** A socket that has read something has answered before: only what comes before the first byte of an answer is asked about. */
const wasReused = (error: unknown): boolean =>
  ((error as { readonly socket?: { readonly bytesRead: number } }).socket?.bytesRead ?? 0) > 0

/** The status contract: deadline → 504; spared or too busy → 503 and when to come back; all else an upstream can do wrong → 502. */
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

/** Whatever was thrown, as what may leave. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof Fault) return problemOf(error)
  return problem(500, 'internal-error', { cause: error })
}
