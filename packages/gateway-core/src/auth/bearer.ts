import type { Authenticate, Exchange, Identity } from '../exchange.ts'
import { problem, type Problem } from '../problem.ts'
import { KeysUnavailable } from './keys.ts'
import { type Claims, TokenError, type TokenOptions, tokenVerifier } from './token.ts'
import { identityUnavailable } from './unavailable.ts'

const MAX_VERIFIED = 1_000

/**
 * Callers prove themselves by an access token in `Authorization` (RFC 6750 §2.1). Cookies are never read. A token is
 * verified once and then known until it expires, so a withdrawn one works on until then.
 */
export function bearer(options: TokenOptions): Authenticate {
  const { audience, clock = Date.now } = options
  const verify = tokenVerifier(options)
  const verified = new Map<string, { readonly identity: Identity; readonly expiresAt: number }>()

  const authenticate = async ({ headers, log }: Exchange): Promise<Identity> => {
    const token = /^bearer +(.*)$/i.exec(headers.authorization ?? '')?.[1]
    if (token === undefined) throw refusal(audience, 'token-missing')
    const known = verified.get(token)
    if (known !== undefined && known.expiresAt > clock()) return known.identity
    verified.delete(token)
    try {
      const claims = await verify(token)
      const identity = identityOf(claims)
      verified.set(token, { identity, expiresAt: claims.exp * 1000 })
      if (verified.size > MAX_VERIFIED) verified.delete(verified.keys().next().value!)
      return identity
    } catch (error) {
      if (error instanceof KeysUnavailable) throw identityUnavailable(error)
      if (!(error instanceof TokenError)) throw error
      log.info({ reason: error.reason }, 'access token refused')
      throw refusal(audience, 'token-invalid', 'invalid_token')
    }
  }
  return Object.assign(authenticate, { reads: ['authorization'] })
}

function identityOf(claims: Claims): Identity {
  const { sub, scope, client_id: client, sid, jti, iat, exp, auth_time: authTime, acr } = claims
  return {
    user: { id: sub, scopes: new Set(scope?.split(' ')), claims },
    by: 'bearer',
    client: text(client) ?? '',
    sessionId: text(sid),
    tokenId: text(jti),
    issuedAt: iat * 1_000,
    expiresAt: exp * 1_000,
    authenticatedAt: typeof authTime === 'number' ? authTime * 1_000 : undefined,
    acr: text(acr),
  }
}

const text = (claim: unknown): string | undefined => (typeof claim === 'string' ? claim : undefined)

/** RFC 6750 §3: no error code when the caller has not tried. */
const refusal = (realm: string, code: string, error?: string): Problem =>
  problem(401, code, {
    headers: { 'www-authenticate': `Bearer realm="${realm}"${error === undefined ? '' : `, error="${error}"`}` },
  })
