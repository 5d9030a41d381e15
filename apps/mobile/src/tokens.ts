/** What of an issuer's metadata this client needs (OpenID Connect Discovery §3). */
export interface Issuer {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Ask the token endpoint, as a public client. */
export async function requestTokens(provider: Issuer, form: Record<string, string>): Promise<Tokens> {
  const answer = await fetch(provider.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(5_000),
  })
  const body = (await answer.json()) as Record<string, unknown>
  if (!answer.ok) throw new Error(`no tokens: ${String(body['error'])}`)
  return {
    accessToken: String(body['access_token']),
    refreshToken: String(body['refresh_token']),
    expiresAt: Date.now() + Number(body['expires_in']) * 1_000,
  }
}

/** Milliseconds before expiry at which a token counts as old. */
const early = 30_000

/**
 * A token that is good for a request now. However many ask at once, an old one is refreshed once: its refresh token works
 * a single time, and using it twice would sign the person out.
 */
export function keep(provider: Issuer, first: Tokens, clock: () => number = Date.now): () => Promise<string> {
  let tokens = first
  let refreshing: Promise<unknown> | undefined
  const refresh = async () => {
    tokens = await requestTokens(provider, {
      client_id: 'mobile',
      grant_type: 'refresh_token',
      refresh_token: tokens.refreshToken,
    })
  }
  return async () => {
    if (tokens.expiresAt - early <= clock()) {
      await (refreshing ??= refresh().finally(() => {
        refreshing = undefined
      }))
    }
    return tokens.accessToken
  }
}
