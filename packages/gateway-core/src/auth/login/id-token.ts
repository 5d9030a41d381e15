import { hash } from 'node:crypto'
import { Refused } from './refused.ts'

/** Tolerated clock skew in seconds. */
const SKEW = 30

interface Expected {
  readonly clientId: string
  /** Both from the same token response. */
  readonly idToken: string
  readonly accessToken: string
  /** Space-separated `acr` values, of which the token must have one. Absent: any. */
  readonly acr?: string | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/**
 * Checks what openid-client leaves open after signature, issuer, audience, expiry, nonce and `auth_time` (OpenID
 * Connect Core §3.1.3.7): client, issue time, matching access token, and `acr`, which a provider may ignore when
 * requested. Throws `Refused`.
 */
export function checkIdToken(claims: Readonly<Record<string, unknown>>, expected: Expected): void {
  const { azp, iat, sub, at_hash: atHash, acr } = claims
  const { clientId, idToken, accessToken, now } = expected
  if (typeof sub !== 'string' || sub === '' || sub.length > 255) throw new Refused('ID token: invalid sub')
  if (azp !== undefined && azp !== clientId) throw new Refused('ID token: azp names another client')
  if (Number(iat) > now / 1000 + SKEW) throw new Refused('ID token: iat is in the future')
  if (atHash !== undefined && atHash !== halfHash(accessToken, idToken)) {
    throw new Refused('ID token: at_hash does not match the access token')
  }
  if (expected.acr !== undefined && !expected.acr.split(' ').some((one) => one === acr)) {
    throw new Refused('ID token: acr is not one of those requested')
  }
}

/** The left half of the hash that the ID token's algorithm implies (OpenID Connect Core §3.1.3.6). */
function halfHash(accessToken: string, idToken: string): string {
  const { alg } = JSON.parse(Buffer.from(idToken.slice(0, idToken.indexOf('.')), 'base64url').toString()) as {
    alg: string
  }
  // EdDSA names no size; it uses SHA-512.
  const bits = /(?:256|384)$/.exec(alg)?.[0] ?? '512'
  const digest = hash(`sha${bits}`, accessToken, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
