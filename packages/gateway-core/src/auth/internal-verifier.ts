import { INTERNAL } from './internal-tokens.ts'
import { type Claims, TokenError, type TokenOptions, tokenVerifier } from './token.ts'

export interface InternalOptions extends Pick<TokenOptions, 'clock' | 'fetch'> {
  /** This service. */
  readonly audience: string
  /** Whose tokens count: issuer → where its keys are. Over plain http, who controls the network chooses them. */
  readonly issuers: Readonly<Record<string, string>>
}

/** For whom a service is asked. */
export interface Principal {
  /** The user or, where nobody acts, the program itself. */
  readonly id: string
  /** Who asks in the user's name. Absent: the program is there for itself. */
  readonly actor: string | undefined
  readonly claims: Claims
}

/** Rejects with a `TokenError`, or with `KeysUnavailable`. */
export type VerifyInternal = (token: string) => Promise<Principal>

/** Milliseconds. Only programs of the estate come this far, and one that was started anew has a new key in development. */
const COOL_DOWN = 1_000

/**
 * Checks what `internalTokens` makes, for the service that it was made for. Keys are fetched when the first token comes, so
 * a service starts before those who ask it; for an hour they outlive who published them.
 */
export function internalVerifier({ issuers, audience, ...options }: InternalOptions): VerifyInternal {
  const trusted = Object.entries(issuers).map(([issuer, jwksUrl]) => ({ issuer, jwksUrl, audience }))
  const verify = tokenVerifier({ ...options, issuers: trusted, type: INTERNAL, coolDown: COOL_DOWN })
  return async (token) => {
    const claims = await verify(token)
    return { id: claims.sub, actor: actorOf(claims), claims }
  }
}

/** RFC 8693 §4.1. An actor that cannot be read must not pass for none. */
function actorOf({ act }: Claims): string | undefined {
  if (act === undefined) return undefined
  const { sub } = (act ?? {}) as { readonly sub?: unknown }
  if (typeof sub !== 'string' || sub === '') throw new TokenError('subject')
  return sub
}
