import { INTERNAL } from './internal-tokens.ts'
import { type Claims, TokenError, type TokenOptions, tokenVerifier } from './token.ts'

export interface InternalOptions extends Pick<TokenOptions, 'audience' | 'clock' | 'fetch'> {
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
export function internalVerifier({ issuers, ...options }: InternalOptions): VerifyInternal {
  const verifiers = new Map(
    Object.entries(issuers).map(([issuer, jwksUrl]) => [
      issuer,
      tokenVerifier({ ...options, issuer, jwksUrl, type: INTERNAL, coolDown: COOL_DOWN }),
    ]),
  )
  return async (token) => {
    const verify = verifiers.get(issuerOf(token))
    if (verify === undefined) throw new TokenError('issuer')
    const claims = await verify(token)
    return { id: claims.sub, actor: actorOf(claims), claims }
  }
}

/** What it says before anything of it is proved: it only chooses whose keys must prove it. */
function issuerOf(token: string): string {
  try {
    const { iss } = JSON.parse(Buffer.from(token.split('.', 2)[1] ?? '', 'base64url').toString('utf8')) as {
      iss?: unknown
    }
    return String(iss)
  } catch {
    throw new TokenError('shape')
  }
}

/** RFC 8693 §4.1. An actor that cannot be read must not pass for none. */
function actorOf({ act }: Claims): string | undefined {
  if (act === undefined) return undefined
  const { sub } = (act ?? {}) as { readonly sub?: unknown }
  if (typeof sub !== 'string' || sub === '') throw new TokenError('subject')
  return sub
}
