import type { KeyObject } from 'node:crypto'
import { type Claims, checkClaims } from './claims.ts'
import { completeIssuers, type CompleteIssuer, type TrustedIssuer } from './issuers.ts'
import { checkSignature, type Jws, readJws } from './jws.ts'
import { keyId } from './jwks.ts'
import { issuerKeys, type Keys, type KeysOptions } from './keys.ts'
import { TokenError } from './token-error.ts'

export { TokenError, type TokenFault } from './token-error.ts'
export type { Claims } from './claims.ts'

/** One issuer, or several with their own audience, algorithms and keys. */
export type TokenOptions = Pick<KeysOptions, 'clock' | 'coolDown' | 'fetch'> &
  (TrustedIssuer | { readonly issuers: readonly TrustedIssuer[] }) & {
    /** The only accepted `typ`, without its `application/`. Default `at+jwt`. */
    readonly type?: string | undefined
  }

/** Rejects with a `TokenError`, or with `KeysUnavailable` if the issuer's keys cannot be fetched. */
export type VerifyToken = (token: string) => Promise<Claims>

/**
 * Verifies JWT access tokens (RFC 9068, following RFC 8725) with their issuer's keys. Tolerates 30 s of clock skew. A
 * token bound to a sender's key (`cnf`) is refused: sent as a bearer token, it was stolen. Throws a `TypeError` for
 * invalid options.
 */
export function tokenVerifier(options: TokenOptions): VerifyToken {
  const check = tokenChecker(options)
  return async (token) => {
    const { claims } = await check(token)
    if (claims.cnf !== undefined) throw new TokenError('sender-constrained')
    return claims
  }
}

export interface Checked {
  readonly claims: Claims
  /** Whether the issuer still publishes the signing key. Synchronous. */
  readonly holds: () => boolean
}

/** Accepts tokens bound to a key (`cnf`): the caller must check the binding. */
export function tokenChecker(options: TokenOptions): (token: string) => Promise<Checked> {
  const { clock = Date.now, coolDown, fetch, type = 'at+jwt' } = options
  const known = new Map(
    completeIssuers(issuersOf(options)).map((rules): [string, { rules: CompleteIssuer; keys: Keys }] => [
      rules.issuer,
      { rules, keys: issuerKeys({ ...rules, clock, coolDown, fetch }) },
    ]),
  )
  const every = [...new Set([...known.values()].flatMap(({ rules }) => rules.algorithms))]
  return async (token) => {
    const jws = readJws(token, { type, algorithms: every })
    // Still unverified: only selects the issuer's rules and keys.
    const { rules, keys } = known.get(jws.payload['iss'] as string) ?? refused('issuer')
    if (!rules.algorithms.includes(jws.alg)) throw new TokenError('algorithm')
    const claims = checkClaims(jws.payload, rules, clock() / 1000)
    const kid = keyIdOf(jws)
    const key = (await keys(kid, jws.alg)) ?? refused('key')
    checkSignature(jws, key)
    return { claims, holds: holding(keys, kid, key) }
  }
}

export const issuersOf = (options: TokenOptions): readonly TrustedIssuer[] =>
  'issuers' in options ? options.issuers : [options]

function keyIdOf({ header: { kid } }: Jws): string {
  return typeof kid === 'string' && keyId.test(kid) ? kid : refused('key')
}

// A separate function, so that the closure keeps nothing else alive.
const holding = (keys: Keys, kid: string, key: KeyObject) => () => keys.holds(kid, key)

function refused(reason: TokenError['reason']): never {
  throw new TokenError(reason)
}
