import * as oidc from 'openid-client'
import type { Problem } from '../problem.ts'
import { identityUnavailable } from './unavailable.ts'

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

/** Whatever may be an outage, or our own misconfiguration, must not sign anybody out. */
export function refusalOr503(error: unknown): Refused | Problem {
  if (error instanceof Refused) return error
  const reason = reasonOf(error)
  if (error instanceof oidc.AuthorizationResponseError) return new Refused(reason)
  if (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') return new Refused(reason)
  if (error instanceof oidc.ClientError && REFUSALS.has(error.code)) return new Refused(reason)
  return identityUnavailable(new Error(reason))
}

/** The errors of openid-client carry what the provider sent, so of them only the fixed words are taken. */
function reasonOf(error: unknown): string {
  if (error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError) {
    return `the provider answered ${wordOf(error.error)}`
  }
  if (!(error instanceof Error)) return 'unknown'
  const { cause, message } = error
  if (!(cause instanceof Error)) return message
  if (WORDED.has(cause.name)) return `${message}: ${cause.message}`
  return 'code' in cause ? `${message}: ${wordOf(String(cause.code))}` : message
}

const WORDED: ReadonlySet<string> = new Set(['OperationProcessingError', 'UnsupportedOperationError'])

/** An error code of OAuth or of the system. Whoever makes up a callback makes up its `error` as well. */
const wordOf = (code: string): string => (/^\w{1,64}$/.test(code) ? code : 'an error without a proper name')
