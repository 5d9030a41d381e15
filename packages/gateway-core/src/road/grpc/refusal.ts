import { problem, type Problem } from '../../problem.ts'
import type { Reply } from '../call.ts'
import { codeOfReason, type Details, detailsOf, pointerOf } from './details.ts'
import { codes, codeOf, meaningOf } from './status.ts'

/** Problem codes that a method declares, and their statuses. */
export type DeclaredErrors = Readonly<Record<string, number>>

/**
 * Maps a gRPC status to a problem: by its `ErrorInfo.reason` if declared, else by its number; if the method declares
 * errors, undeclared ones are the service's failure. The status message is only logged.
 */
export function refusal(upstream: string, { headers }: Reply, declared: DeclaredErrors | undefined): Problem {
  const code = codeOf(headers['grpc-status'])
  const details = detailsOf(headers)
  const cause = new Error(`${upstream}: ${meaningOf(code).name} ${messageOf(headers['grpc-message'])}`)
  const reason = codeOfReason(details.reason)
  if (declared !== undefined && Object.hasOwn(declared, reason))
    return problem(declared[reason]!, reason, { source: upstream, own: true, cause })
  const found = byNumber(code, details)
  const own = found.status < 500
  if (own && declared !== undefined && declared[found.code] !== found.status)
    return problem(502, 'upstream-failed', { source: upstream, cause })
  const { status, errors } = found
  const headersOf = status === 503 ? { headers: { 'retry-after': waitFor(headers, details) } } : {}
  return problem(status, found.code, { source: upstream, own, cause, errors, ...headersOf })
}

function byNumber(code: number, { violations }: Details) {
  const { status, code: name } = meaningOf(code)
  if (violations.length === 0 || (code !== codes.invalidArgument && code !== codes.outOfRange))
    return { status, code: name, errors: undefined }
  const errors = violations.map(({ field, reason }) => ({ pointer: pointerOf(field), detail: wordsOf(reason) }))
  return { status: 422, code: 'validation', errors }
}

/** Reasons are stable identifiers; their messages are for developers. */
const wordsOf = (reason: string): string =>
  /^[A-Z][A-Z0-9_]{0,62}$/.test(reason) ? reason.toLowerCase().replaceAll('_', ' ') : 'was refused'

function waitFor(headers: Reply['headers'], { retryAfter }: Details): string {
  const { 'grpc-retry-pushback-ms': pushback } = headers
  const ms = retryAfter ?? (typeof pushback === 'string' && /^\d{1,10}$/.test(pushback) ? Number(pushback) : 1_000)
  return String(Math.max(1, Math.ceil(ms / 1_000)))
}

/** `grpc-message` is percent-encoded; undecodable text is kept as is. */
function messageOf(text: unknown): string {
  if (typeof text !== 'string') return ''
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
