import { createHash, timingSafeEqual } from 'node:crypto'
import { type Problem, problem } from '@bff/gateway-core/problem'
import { type InternalOptions, internalVerifier, KeysUnavailable, TokenError } from '@bff/gateway-core/token'

export interface Caller {
  /** The user's ID; for a program on its own behalf its name, or `service` with the shared secret. */
  readonly id: string
}

/** Rejects with a 401 `Problem`, or 503 if the issuer's keys are unavailable. */
export type Verify = (kind: 'user' | 'service', authorization: string | undefined) => Promise<Caller>

export interface VerifierOptions extends InternalOptions {
  /** Shared secret of the services. Absent: it is not accepted. */
  readonly serviceSecret?: string | undefined
}

/**
 * Verifies callers. `user`: a BFF acting for a user, by its token for this service (`internalTokens`). `service`: a program on its
 * own behalf, by such a token or the shared secret. Neither is accepted as the other, and no credential that a BFF's client could
 * hold is accepted at all.
 */
export function verifier({ serviceSecret, ...options }: VerifierOptions): Verify {
  const { audience } = options
  const verifyToken = internalVerifier(options)
  return async (kind, authorization) => {
    const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw refusal(audience, 'token-missing')
    if (kind === 'service' && serviceSecret !== undefined && same(token, serviceSecret)) return { id: 'service' }
    try {
      const { id, actor } = await verifyToken(token)
      if ((kind === 'user') !== (actor !== undefined)) throw new TokenError('subject')
      return { id }
    } catch (error) {
      if (error instanceof TokenError) throw refusal(audience, 'token-invalid', 'invalid_token', error)
      if (error instanceof KeysUnavailable)
        throw problem(503, 'identity-unavailable', { headers: { 'retry-after': '1' }, cause: error })
      throw error
    }
  }
}

/** RFC 6750 §3: no error code if the request had no credentials. */
const refusal = (realm: string, code: string, error?: string, cause?: unknown): Problem =>
  problem(401, code, {
    headers: { 'www-authenticate': `Bearer realm="${realm}"${error === undefined ? '' : `, error="${error}"`}` },
    cause,
  })

const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
