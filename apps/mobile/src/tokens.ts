import { type Bearer, bearer } from '@bff/gateway-core/client'

/** What of an issuer's metadata this client needs (OpenID Connect Discovery §3). */
export interface Issuer {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
}

export interface Tokens {
  readonly accessToken: string
  /** Absent: whoever signed in does so again when the access token is over. */
  readonly refreshToken?: string
  /** Epoch milliseconds. Absent: the issuer did not say. */
  readonly expiresAt?: number
}

/** The issuer gave no tokens, and said why (RFC 6749 §5.2): `invalid_grant`. */
export class TokensRefused extends Error {
  override readonly name = 'TokensRefused'
  readonly code: string

  constructor(code: string) {
    super(`no tokens: ${code}`)
    this.code = code
  }
}

/** Ask the token endpoint, as a public client, for at most 5 s. */
export async function requestTokens(provider: Issuer, form: Readonly<Record<string, string>>): Promise<Tokens> {
  const answer = await fetch(provider.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(5_000),
  })
  const body = (await answer.json()) as Readonly<Record<string, unknown>>
  const { access_token: accessToken, expires_in: lifetime, refresh_token: refreshToken = form['refresh_token'] } = body
  if (!answer.ok || typeof accessToken !== 'string') throw new TokensRefused(String(body['error']))
  return {
    accessToken,
    ...(typeof refreshToken === 'string' ? { refreshToken } : {}),
    ...(typeof lifetime === 'number' ? { expiresAt: Date.now() + lifetime * 1_000 } : {}),
  }
}

/**
 * Calls as the person whom these tokens belong to, and replaces them in time. When the issuer takes the refresh token no more, the
 * person is signed out; when it merely does not answer, they are not.
 */
export const keep = (provider: Issuer, token: Tokens, onSignedOut?: () => void, now?: () => number): Bearer<Tokens> =>
  bearer({ token, refresh: (old) => refresh(provider, old), onSignedOut }, now)

async function refresh(provider: Issuer, { refreshToken }: Tokens): Promise<Tokens | undefined> {
  if (refreshToken === undefined) return undefined
  const form = { client_id: 'mobile', grant_type: 'refresh_token', refresh_token: refreshToken }
  try {
    return await requestTokens(provider, form)
  } catch (error) {
    if (error instanceof TokensRefused && error.code === 'invalid_grant') return undefined
    throw error
  }
}
