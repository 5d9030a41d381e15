import * as oidc from 'openid-client'
import type { Problem } from '../../problem.ts'
import { identityUnavailable } from '../unavailable.ts'

/**
 * The provider refused, or its response failed a check. The message is for the log: fixed words of ours and of the
 * protocol, never the provider's text, which could hold a code or a token.
 */
export class Refused extends Error {
  override readonly name = 'Refused'
}

const REFUSALS: ReadonlySet<unknown> = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
])

/**
 * A possible outage, unpublished key or misconfiguration of ours must not sign anyone out: 503 `identity-unavailable`,
 * with a loggable cause.
 */
export function refusalOr503(error: unknown): Refused | Problem {
  if (error instanceof Refused) return error
  const refused =
    error instanceof oidc.AuthorizationResponseError ||
    (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') ||
    (error instanceof oidc.ClientError && REFUSALS.has(error.code))
  return refused ? new Refused(reasonOf(error)) : unavailable(error)
}

/** For requests that no refusal can concern, as the person is still unknown. */
export const unavailable = (error: unknown): Problem => identityUnavailable(new Error(reasonOf(error)))

/** openid-client's errors carry the provider's data, so only their fixed words are used. */
function reasonOf(error: unknown): string {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError) {
    return `the provider answered ${wordOf(error.error)}`
  }
  const words: string[] = []
  for (let one = error as LooseError | undefined; one !== undefined && words.length < 4; one = one.cause) {
    if (FIXED_MESSAGES.has(String(one.name))) words.push(String(one.message))
    else if (/^[A-Z][A-Z_]{2,40}$/.test(String(one.code))) words.push(String(one.code))
  }
  return words.join(': ') || 'unknown reason'
}

interface LooseError {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly cause?: LooseError
}

/** Errors with fixed messages: ours, the library's, and those of `fetch`. */
const FIXED_MESSAGES: ReadonlySet<string> = new Set([
  'Refused',
  'ClientError',
  'OperationProcessingError',
  'UnsupportedOperationError',
  'TypeError',
  'TimeoutError',
])

/** An OAuth error code. A forged callback has a forged `error` as well. */
const wordOf = (code: string): string => (/^\w{1,64}$/.test(code) ? code : 'an invalid error code')
