import type { Authenticate, Exchange, Identity } from '../exchange.ts'
import { problem, type Problem } from '../problem.ts'
import { type Binding, binding, type DpopOptions } from './bound.ts'
import { challenges, type Scheme } from './challenge.ts'
import type { Claims } from './claims.ts'
import { KeysUnavailable } from './keys.ts'
import { ProofError } from './proof.ts'
import { issuersOf, TokenError, tokenChecker, type TokenOptions } from './token.ts'
import { identityUnavailable } from './unavailable.ts'
import { type Remembered, type Verified, verifiedTokens } from './verified.ts'

export type BearerOptions = TokenOptions & {
  /** Default: tokens that are bound to a key of their sender are refused. */
  readonly dpop?: DpopOptions | undefined
  /** How many verified tokens are known. */
  readonly remember?: Remembered | undefined
}

/**
 * Callers prove themselves by an access token in `Authorization` (RFC 6750 §2.1): never in a query, a body or a cookie. A token
 * is verified once and then known until it expires or its issuer does not publish its key any more, so one that was withdrawn
 * works on until then. With `dpop`, one that is bound to a key of its sender takes a proof with each request (RFC 9449); while
 * the store cannot say whether a proof was used before, it is refused (503). Throws a `TypeError` for options that make no sense.
 */
export function bearer(options: BearerOptions): Authenticate {
  const { clock = Date.now, remember = {}, dpop } = options
  const check = tokenChecker(options)
  const known = verifiedTokens(remember, clock)
  const bound = binding(dpop, clock)
  const refusal = refusals(issuersOf(options)[0]!.audience, bound)

  const verify = async (sent: string): Promise<Verified> => {
    const { claims, holds } = await check(sent)
    // What was cut out of a header keeps all of the header alive.
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

/** One scheme and what stands behind it: of two in one field, the second makes the token of the first wrong. */
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

/** The key that a token is bound to. Throws when it is bound in a way that cannot be checked here, as by a certificate. */
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
