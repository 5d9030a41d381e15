import { isObject } from './strict-json.ts'
import { TokenError } from './token-error.ts'

/** Tolerated clock skew in seconds. */
const skew = 30

/** RFC 9068 §2.2. Times are whole epoch seconds. */
export interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly exp: number
  readonly iat: number
  readonly client_id: string
  readonly jti: string
  /** Space-separated. */
  readonly scope?: string
  /** Confirmation: the sender's key it is bound to (RFC 7800). */
  readonly cnf?: Readonly<Record<string, unknown>>
  readonly [claim: string]: unknown
}

export interface ClaimRules {
  readonly issuer: string
  readonly audience: string
  /** Milliseconds. */
  readonly maxLifetime: number
}

/**
 * Returns the claims if all required ones are present, from this issuer, for this API, and valid now. Throws a
 * `TokenError` otherwise.
 */
export function checkClaims(
  claims: Readonly<Record<string, unknown>>,
  { issuer, audience, maxLifetime }: ClaimRules,
  now: number,
): Claims {
  const { iss, aud, sub, client_id: client, azp, jti } = claims
  if (iss !== issuer) throw new TokenError('issuer')
  if (aud !== audience && !(Array.isArray(aud) && aud.every(isText) && aud.includes(audience)))
    throw new TokenError('audience')
  if (!isText(sub)) throw new TokenError('subject')
  if (!isText(client) || (azp !== undefined && azp !== client)) throw new TokenError('client')
  if (!isText(jti)) throw new TokenError('token-id')
  checkOptional(claims)
  checkTimes(claims, maxLifetime / 1000, now)
  return claims as unknown as Claims
}

function checkOptional({ scope, sid, acr, auth_time: authTime, cnf }: Readonly<Record<string, unknown>>): void {
  const wrong =
    (scope !== undefined && typeof scope !== 'string') ||
    [sid, acr].some((text) => text !== undefined && !isText(text)) ||
    (authTime !== undefined && !isTime(authTime)) ||
    (cnf !== undefined && !isObject(cnf))
  if (wrong) throw new TokenError('claim')
}

function checkTimes({ exp, iat, nbf }: Readonly<Record<string, unknown>>, maxLifetime: number, now: number): void {
  if (!isTime(exp) || !isTime(iat) || !isTime(nbf ?? iat)) throw new TokenError('times')
  if (exp <= iat || exp - iat > maxLifetime) throw new TokenError('lifetime')
  if (exp <= now - skew) throw new TokenError('expired')
  if (Math.max(iat, Number(nbf ?? iat)) > now + skew) throw new TokenError('not-yet')
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** A lone surrogate becomes U+FFFD when encoded, which would make two users' names equal. */
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.isWellFormed()
