import { problem, Problem } from '../problem.ts'

export type FaultKind = 'refused' | 'reset' | 'malformed' | 'timeout' | 'aborted'

/** Why an upstream gave no usable answer. Its message is for the log: it may name addresses. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultKind
  readonly upstream: string

  constructor(kind: FaultKind, upstream: string, cause?: unknown) {
    super(`${upstream}: ${kind}`, { cause })
    this.kind = kind
    this.upstream = upstream
  }
}

const kinds: Readonly<Record<string, FaultKind>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_RESPONSE: 'malformed',
}

/** Name what went wrong on the way to an upstream, whatever library noticed it. */
export function faultOf(error: unknown, upstream: string, signal: AbortSignal): Fault {
  if (error instanceof Fault) return error
  if (signal.aborted) return signal.reason instanceof Fault ? signal.reason : new Fault('aborted', upstream, error)
  const code = codeOf(error)
  return new Fault(kinds[code] ?? (code.startsWith('HPE_') ? 'malformed' : 'reset'), upstream, error)
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  if ('code' in error && typeof error.code === 'string') return error.code
  return inner === undefined ? '' : codeOf(inner)
}

/** The status contract: deadline → 504, everything else an upstream can do wrong → 502. */
export function problemOf(fault: Fault): Problem {
  const options = { source: fault.upstream, cause: fault }
  return fault.kind === 'timeout'
    ? problem(504, 'upstream-timeout', { ...options, detail: 'A service that this needs did not answer in time.' })
    : problem(502, 'upstream-failed', { ...options, detail: 'A service that this needs could not answer.' })
}
