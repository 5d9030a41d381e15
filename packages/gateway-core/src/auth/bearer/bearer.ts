import type { Authenticate, Exchange, Identity } from '../../exchange.ts'
import { problem, type Problem } from '../../problem.ts'
import { type Binding, binding, type DpopOptions } from './bound.ts'
import { challenges, type Scheme } from './challenge.ts'
import type { Claims } from '../jwt/claims.ts'
import { KeysUnavailable } from '../jwt/keys.ts'
import { ProofError } from './proof.ts'
import { issuersOf, TokenError, tokenChecker, type TokenOptions } from '../jwt/token.ts'
import { identityUnavailable } from '../unavailable.ts'
import { type Remembered, type Verified, verifiedTokens } from './verified.ts'

export type BearerOptions = TokenOptions & {
  /** Default: tokens bound to a sender's key are refused. */
  readonly dpop?: DpopOptions | undefined
  /** Size of the cache of verified tokens. */
  readonly remember?: Remembered | undefined
}

/**
 * Authenticates callers by an access token in `Authorization` (RFC 6750 §2.1), never in a query, a body or a cookie. A
 * verified token is cached until it expires or its issuer stops publishing its key, so one revoked by the issuer works
 * until then. With `dpop`, a token bound to a sender's key requires a proof with each request (RFC 9449), refused (503)
 * while the store cannot tell whether it was used before. Throws a `TypeError` for invalid options.
 */
export function bearer(options: BearerOptions): Authenticate {
  const { clock = Date.now, remember = {}, dpop } = options
  const check = tokenChecker(options)
  const known = verifiedTokens(remember, clock)
  const bound = binding(dpop, clock)
  const refusal = refusals(issuersOf(options)[0]!.audience, bound)

  const verify = async (sent: string): Promise<Verified> => {
    const { claims, holds } = await check(sent)
    // A slice of a header keeps the whole header in memory.
    const token = Buffer.from(sent, 'latin1').toString('latin1')
    const verified = { identity: identityOf(claims), key: thumbprintIn(claims), holds }
    known.add(token, verified)
    return verified
  }
  const authenticate = async (exchange: Exchange): Promise<Identity> => {
    const { method, headers, log } = exchange
    const sent = credentials(headers.authorization)
    if (sent === undefined || !bound.schemes('GET').includes(sent.scheme)) throw refusal(method, 'token-missing')
    const { scheme, token } = sent
    if (!bound.schemes(method).includes(scheme)) throw refusal(method, 'proof-required')
    try {
      const { identity, key } = known.get(token) ?? (await verify(token))
      const proof = bound.check(scheme, exchange, token, key)
      if (proof !== undefined) await proof
      return identity
    } catch (error) {
      if (error instanceof KeysUnavailable) throw identityUnavailable(error)
      if (!(error instanceof TokenError || error instanceof ProofError)) throw error
      log.info({ reason: error.reason }, `${error instanceof ProofError ? 'proof' : 'access token'} refused`)
      if (error instanceof TokenError) throw refusal(method, 'token-invalid', scheme, 'invalid_token')
      if (error.reason === 'nonce') throw refusal(method, 'proof-nonce', scheme, 'use_dpop_nonce')
      throw refusal(method, 'proof-invalid', scheme, 'invalid_dpop_proof')
    }
  }
  return Object.assign(authenticate, { reads: bound.reads })
}

const schemes: Readonly<Record<string, Scheme>> = { bearer: 'Bearer', dpop: 'DPoP' }

/** One scheme and its credentials; a second scheme in the field makes the first one's token invalid. */
function credentials(header = ''): { readonly scheme: Scheme; readonly token: string } | undefined {
  const space = header.indexOf(' ')
  const scheme = space > 0 ? schemes[header.slice(0, space).toLowerCase()] : undefined
  const token = header.slice(space).trimStart()
  return scheme === undefined || token === '' ? undefined : { scheme, token }
}

function identityOf(claims: Claims): Identity {
  const { sub, scope = '', client_id: client, sid, jti, iat, exp, auth_time: authTime, acr } = claims
  return {
    user: { id: sub, scopes: new Set(scope.split(' ').filter(Boolean)), claims },
    by: 'bearer',
    client,
    sessionId: typeof sid === 'string' ? sid : undefined,
    tokenId: jti,
    issuedAt: iat * 1_000,
    expiresAt: exp * 1_000,
    authenticatedAt: typeof authTime === 'number' ? authTime * 1_000 : undefined,
    acr: typeof acr === 'string' ? acr : undefined,
  }
}

/**
 * Thumbprint of the key a token is bound to. Throws for a binding that cannot be checked here, e.g. to a certificate.
 */
function thumbprintIn({ cnf }: Claims): string | undefined {
  if (cnf === undefined) return undefined
  const { jkt, ...others } = cnf
  if (typeof jkt !== 'string' || Object.keys(others).length > 0) throw new TokenError('sender-constrained')
  return jkt
}

const refusals =
  (realm: string, { schemes: taken, nonce }: Binding) =>
  (method: string, code: string, tried?: Scheme, error?: string): Problem =>
    problem(401, code, {
      headers: {
        'www-authenticate': challenges(taken(method), realm, tried, error),
        ...(nonce !== undefined && { 'dpop-nonce': nonce() }),
      },
    })
