import type { KeyObject } from 'node:crypto'
import { type Claims, checkClaims } from './claims.ts'
import { soundIssuers, type Sound, type TrustedIssuer } from './issuers.ts'
import { checkSignature, type Jws, readJws } from './jws.ts'
import { keyId } from './jwks.ts'
import { issuerKeys, type Keys, type KeysOptions } from './keys.ts'
import { TokenError } from './token-error.ts'

export { TokenError, type TokenFault } from './token-error.ts'
export type { Claims } from './claims.ts'

/** One issuer, or several of which each has an audience, algorithms and keys of its own. */
export type TokenOptions = Pick<KeysOptions, 'clock' | 'coolDown' | 'fetch'> &
  (TrustedIssuer | { readonly issuers: readonly TrustedIssuer[] }) & {
    /** The one `typ` that is taken, without its `application/`. Default `at+jwt`. */
    readonly type?: string | undefined
  }

/** Rejects with a `TokenError`, or with `KeysUnavailable` when the issuer cannot be asked for its keys. */
export type VerifyToken = (token: string) => Promise<Claims>

/**
 * Checks JWT access tokens (RFC 9068, with the advice of RFC 8725) against the keys of their issuer. Clocks may differ
 * by 30 s. A token bound to a key of its sender (`cnf`) is refused: as a mere bearer token it has been stolen. Throws a
 * `TypeError` for options that make no sense.
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
  /** Whether the key that signed it still is a key of its issuer. Never waits. */
  readonly holds: () => boolean
}

/** Leaves to the caller who may send a token that is bound to a key (`cnf`). */
export function tokenChecker(options: TokenOptions): (token: string) => Promise<Checked> {
  const { clock = Date.now, coolDown, fetch, type = 'at+jwt' } = options
  const known = new Map(
    soundIssuers(issuersOf(options)).map((rules): [string, { rules: Sound; keys: Keys }] => [
      rules.issuer,
      { rules, keys: issuerKeys({ ...rules, clock, coolDown, fetch }) },
    ]),
  )
  const every = [...new Set([...known.values()].flatMap(({ rules }) => rules.algorithms))]
  return async (token) => {
    const jws = readJws(token, { type, algorithms: every })
    // Nothing is verified yet: this only chooses whose rules and keys it is held against.
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

// A function of its own, so that it keeps nothing else alive.
const holding = (keys: Keys, kid: string, key: KeyObject) => () => keys.holds(kid, key)

function refused(reason: TokenError['reason']): never {
  throw new TokenError(reason)
}
