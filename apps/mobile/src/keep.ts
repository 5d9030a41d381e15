import { type Bearer, bearer } from '@bff/gateway-core/client'
import { type Issuer, type Request, refreshTokens, revokeTokens, type Tokens, TokensRefused } from './tokens.ts'

/** Where tokens outlive the app: the keychain of iOS, the keystore of Android. Never a file, nor what a backup holds. */
export interface Vault {
  read(): Promise<Tokens | undefined>
  /** `undefined`: nothing is kept any more. */
  write(tokens: Tokens | undefined): Promise<void>
}

/** `revoked`: the issuer takes the refresh token no more, or somebody used it who should not have. `expired`: there was none. */
export type Ending = 'revoked' | 'expired'

export interface KeepOptions extends Request {
  readonly provider: Issuer
  /** Default: memory only, so that the sign-in ends with the app. */
  readonly vault?: Vault
  /** Told once when a sign-in is over without the person's doing: to show why they are asked to sign in again. */
  readonly onSignedOut?: (why: Ending) => void
  readonly now?: () => number
}

export interface Kept {
  /** As whom the client calls. */
  readonly as: Bearer<Tokens>
  /** After a sign-in. */
  readonly use: (tokens: Tokens) => Promise<void>
  /**
   * Forgets the tokens at once and in any case, then has the issuer end the sign-in. Rejects when the issuer could not be told:
   * the person is signed out here, and access tokens that are out live on for minutes.
   */
  readonly signOut: () => Promise<void>
}

/**
 * Calls as the person whom these tokens belong to, and replaces them in time. When the issuer takes the refresh token no more, the
 * person is signed out; when it merely does not answer, they are not.
 */
export function keep(tokens: Tokens | undefined, options: KeepOptions): Kept {
  const { provider, vault, onSignedOut, now, ...request } = options
  let current = tokens
  let why: Ending = 'expired'

  const store = async (next: Tokens | undefined): Promise<void> => {
    current = next
    // An old token in the vault would end the sign-in at the next start. One that cannot be replaced had better not be there.
    await vault?.write(next).catch(() => vault.write(undefined).catch(() => undefined))
  }
  const refresh = async ({ refreshToken }: Tokens): Promise<Tokens | undefined> => {
    const { person } = as
    const next = refreshToken === undefined ? undefined : await ask(refreshToken)
    why = refreshToken === undefined ? 'expired' : 'revoked'
    // Who signed out meanwhile stays so.
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
