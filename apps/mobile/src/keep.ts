import { type Bearer, bearer } from '@bff/gateway-core/client'
import { type Issuer, type Request, refreshTokens, revokeTokens, type Tokens, TokensRefused } from './tokens.ts'

/** Where tokens outlive the app: the iOS keychain or the Android keystore. Never a file or anything included in a backup. */
export interface Vault {
  read(): Promise<Tokens | undefined>
  /** `undefined`: delete what is stored. */
  write(tokens: Tokens | undefined): Promise<void>
}

/** `revoked`: the issuer rejects the refresh token, possibly because a thief used it. `expired`: there was no refresh token. */
export type Ending = 'revoked' | 'expired'

export interface KeepOptions extends Request {
  readonly provider: Issuer
  /** Default: memory only, so the sign-in ends with the app. */
  readonly vault?: Vault
  /** Called once when a sign-in ends without the user's doing, to explain why they must sign in again. */
  readonly onSignedOut?: (why: Ending) => void
  readonly now?: () => number
}

export interface Kept {
  /** Credentials for the client. */
  readonly as: Bearer<Tokens>
  /** Call after a sign-in. */
  readonly use: (tokens: Tokens) => Promise<void>
  /**
   * Forgets the tokens at once in any case, then revokes the sign-in at the issuer. Rejects if the issuer could not be reached: the
   * user is signed out here, but issued access tokens stay valid for minutes.
   */
  readonly signOut: () => Promise<void>
}

/**
 * Credentials of the tokens' owner, refreshed before they expire. The user is signed out if the issuer rejects the refresh token,
 * not if it merely does not answer.
 */
export function keep(tokens: Tokens | undefined, options: KeepOptions): Kept {
  const { provider, vault, onSignedOut, now, ...request } = options
  let current = tokens
  let why: Ending = 'expired'

  const store = async (next: Tokens | undefined): Promise<void> => {
    current = next
    // A stale token in the vault would end the sign-in at the next start, so if the new one cannot be stored, delete it.
    await vault?.write(next).catch(() => vault.write(undefined).catch(() => undefined))
  }
  const refresh = async ({ refreshToken }: Tokens): Promise<Tokens | undefined> => {
    const { person } = as
    const next = refreshToken === undefined ? undefined : await ask(refreshToken)
    why = refreshToken === undefined ? 'expired' : 'revoked'
    // Discard the result if the user signed out meanwhile.
    if (person === as.person) await store(next)
    return next
  }
  const ask = (refreshToken: string): Promise<Tokens | undefined> =>
    refreshTokens(provider, refreshToken, request).catch((error: unknown) => {
      if (error instanceof TokensRefused && error.code === 'invalid_grant') return undefined
      throw error
    })

  const as: Bearer<Tokens> = bearer({ token: tokens, refresh, onSignedOut: () => onSignedOut?.(why) }, now)
  return {
    as,
    async use(next) {
      as.use(next)
      await store(next)
    },
    async signOut() {
      const { refreshToken } = current ?? {}
      as.use()
      await store(undefined)
      if (refreshToken !== undefined) await revokeTokens(provider, refreshToken, request)
    },
  }
}
