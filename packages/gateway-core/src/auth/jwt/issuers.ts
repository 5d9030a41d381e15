import { type Algorithm, algorithms } from './jws.ts'

/** An issuer whose tokens are accepted, and for what. */
export interface TrustedIssuer {
  /** Exactly as in the `iss` of its tokens. Over plain http, whoever controls the network chooses the keys. */
  readonly issuer: string
  /** This API. The token must name it in `aud`, character for character. */
  readonly audience: string
  /** Accepted signature algorithms. Default RS256 and ES256. */
  readonly algorithms?: readonly Algorithm[] | undefined
  /** URL of its JWK set. Default: from its discovery document. */
  readonly jwksUrl?: string | undefined
  /** Longest time from `iat` to `exp` in milliseconds: a token cannot be revoked by its issuer before. Default 1 h. */
  readonly maxLifetime?: number | undefined
}

export interface CompleteIssuer extends TrustedIssuer {
  readonly algorithms: readonly Algorithm[]
  readonly maxLifetime: number
}

/**
 * Applies the defaults. Throws one `TypeError` that lists every fault, as configuration from a file is not
 * type-checked.
 */
export function completeIssuers(given: readonly TrustedIssuer[]): readonly CompleteIssuer[] {
  const complete = given.map((one): CompleteIssuer => ({
    ...one,
    algorithms: one.algorithms ?? ['RS256', 'ES256'],
    maxLifetime: one.maxLifetime ?? 3_600_000,
  }))
  const names = complete.map(({ issuer }) => issuer)
  const faults = [
    ...(complete.length === 0 ? ['at least one issuer is required'] : []),
    ...complete.flatMap(faultsOf),
    ...names.filter((name, i) => names.indexOf(name) < i).map((name) => `${name}: listed twice`),
  ]
  if (faults.length > 0) throw new TypeError(`Invalid token issuers: ${faults.join('; ')}`)
  return complete
}

function faultsOf({ issuer, audience, algorithms: listed, jwksUrl, maxLifetime }: CompleteIssuer): string[] {
  const faults = [
    isUrl(issuer) || (jwksUrl !== undefined && URL.canParse(issuer))
      ? ''
      : 'issuer must be an http(s) URL without query and fragment (RFC 8414 §2), or any URI with a jwksUrl',
    typeof audience === 'string' && /^[\x21-\x7e]+$/.test(audience) ? '' : 'audience must be text without spaces',
    // `includes` on a string would match substrings.
    Array.isArray(listed) && listed.length > 0 && listed.every((one) => algorithms.includes(one))
      ? ''
      : `algorithms must be a list of ${algorithms.join(', ')}`,
    jwksUrl === undefined || isUrl(jwksUrl, issuer) ? '' : 'jwksUrl must be a URL, https if its issuer is',
    Number.isFinite(maxLifetime) && maxLifetime > 0 ? '' : 'maxLifetime must be milliseconds above 0',
  ]
  return faults.filter((fault) => fault !== '').map((fault) => `${issuer}: ${fault}`)
}

function isUrl(text: string, issuer?: string): boolean {
  if (typeof text !== 'string' || !URL.canParse(text)) return false
  const { protocol, search, hash } = new URL(text)
  if (issuer !== undefined) return protocol === 'https:' || (protocol === 'http:' && !issuer.startsWith('https:'))
  return /^https?:$/.test(protocol) && !/[?#]/.test(text) && search + hash === ''
}
