import { createHash, timingSafeEqual } from 'node:crypto'
import { type Problem, problem } from '@bff/gateway-core/problem'
import { KeysUnavailable, TokenError, tokenVerifier } from '@bff/gateway-core/token'

export interface Caller {
  /** `sub` of the token; for another service, `service`. */
  readonly id: string
  /** For a call in the user's name to another service. */
  readonly token: string
}

/** Rejects with a 401 `Problem`, or 503 when the issuer's keys cannot be had. */
export type Verify = (kind: 'user' | 'service', authorization: string | undefined) => Promise<Caller>

export interface VerifierOptions {
  readonly issuer: string
  readonly audience: string
  /** What services show each other. */
  readonly serviceSecret: string
}

/** Who calls a service: a user, by an access token of the issuer (RFC 9068), or another service, by the shared secret. */
export function verifier({ issuer, audience, serviceSecret }: VerifierOptions): Verify {
  const verifyToken = tokenVerifier({ issuer, audience })
  return async (kind, authorization) => {
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw refusal(audience, 'token-missing')
    if (kind === 'service') {
      if (!same(token, serviceSecret)) throw refusal(audience, 'token-invalid', 'invalid_token')
      return { id: 'service', token }
    }
    try {
      return { id: (await verifyToken(token)).sub, token }
    } catch (error) {
      if (error instanceof TokenError) throw refusal(audience, 'token-invalid', 'invalid_token', error)
      if (error instanceof KeysUnavailable)
        throw problem(503, 'identity-unavailable', { headers: { 'retry-after': '1' }, cause: error })
      throw error
    }
  }
}

/** RFC 6750 §3: no error code when the caller has not tried. */
const refusal = (realm: string, code: string, error?: string, cause?: unknown): Problem =>
  problem(401, code, {
    headers: { 'www-authenticate': `Bearer realm="${realm}"${error === undefined ? '' : `, error="${error}"`}` },
    cause,
  })

const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
