import { INTERNAL } from './internal-tokens.ts'
import { type Claims, TokenError, type TokenOptions, tokenVerifier } from '../jwt/token.ts'

export interface InternalOptions extends Pick<TokenOptions, 'clock' | 'fetch'> {
  /** This service. */
  readonly audience: string
  /** Accepted issuers → URL of their keys. Over plain http, whoever controls the network chooses the keys. */
  readonly issuers: Readonly<Record<string, string>>
}

/** On whose behalf a service is called. */
export interface Principal {
  /** The user or, if none, the calling program. */
  readonly id: string
  /** The program that acts for the user. Absent: it acts for itself. */
  readonly actor: string | undefined
  readonly claims: Claims
}

/** Rejects with a `TokenError`, or with `KeysUnavailable`. */
export type VerifyInternal = (token: string) => Promise<Principal>

/** Milliseconds. Only programs of the estate reach this, and in development a restarted one has a new key. */
const COOL_DOWN = 1_000

/**
 * Verifies tokens of `internalTokens` for the service they were made for. Keys are fetched with the first token, so a
 * service can start before its callers; they outlive their publisher by an hour.
 */
export function internalVerifier({ issuers, audience, ...options }: InternalOptions): VerifyInternal {
  const trusted = Object.entries(issuers).map(([issuer, jwksUrl]) => ({ issuer, jwksUrl, audience }))
  const verify = tokenVerifier({ ...options, issuers: trusted, type: INTERNAL, coolDown: COOL_DOWN })
  return async (token) => {
    const claims = await verify(token)
    return { id: claims.sub, actor: actorOf(claims), claims }
  }
}

/** RFC 8693 §4.1. An unreadable actor must not pass for none. */
function actorOf({ act }: Claims): string | undefined {
  if (act === undefined) return undefined
  const { sub } = (act ?? {}) as { readonly sub?: unknown }
  if (typeof sub !== 'string' || sub === '') throw new TokenError('subject')
  return sub
}
