import * as oidc from 'openid-client'
import type { Problem } from '../../problem.ts'
import { identityUnavailable } from '../unavailable.ts'

/**
 * The provider said no, or said something that must not be believed. The message is for the log: words of ours and of the
 * protocol, never the provider's own, which could hold anything, a code or a token too.
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
 * Whatever may be an outage, a key that is not published yet, or our own misconfiguration, must not sign anybody out: 503
 * `identity-unavailable`, whose cause says why in words fit for a log.
 */
export function refusalOr503(error: unknown): Refused | Problem {
  if (error instanceof Refused) return error
  const refused =
    error instanceof oidc.AuthorizationResponseError ||
    (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') ||
    (error instanceof oidc.ClientError && REFUSALS.has(error.code))
  return refused ? new Refused(reasonOf(error)) : unavailable(error)
}

/** The same where nothing is known of the person yet that could be refused. */
export const unavailable = (error: unknown): Problem => identityUnavailable(new Error(reasonOf(error)))

/** The errors of openid-client carry what the provider sent, so of them only the fixed words are taken. */
function reasonOf(error: unknown): string {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError) {
    return `the provider answered ${wordOf(error.error)}`
  }
  const words: string[] = []
  for (let one = error as Told | undefined; one !== undefined && words.length < 4; one = one.cause) {
    if (SPOKEN.has(String(one.name))) words.push(String(one.message))
    else if (/^[A-Z][A-Z_]{2,40}$/.test(String(one.code))) words.push(String(one.code))
  }
  return words.join(': ') || 'for a reason unknown'
}

interface Told {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly cause?: Told
}

/** Whose messages are fixed: ours, those of the library, and of `fetch`. */
const SPOKEN: ReadonlySet<string> = new Set([
  'Refused',
  'ClientError',
  'OperationProcessingError',
  'UnsupportedOperationError',
  'TypeError',
  'TimeoutError',
])

/** An error code of OAuth. Whoever makes up a callback makes up its `error` as well. */
const wordOf = (code: string): string => (/^\w{1,64}$/.test(code) ? code : 'an error without a proper name')
