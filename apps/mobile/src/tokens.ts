/** The part of an issuer's metadata this client needs (OpenID Connect Discovery §3, RFC 8414 §2). */
export interface Issuer {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly revocation_endpoint?: string
}

export interface Tokens {
  readonly accessToken: string
  /** Absent: the user must sign in again when the access token expires. */
  readonly refreshToken?: string
  /** Epoch milliseconds. Absent: not stated by the issuer. */
  readonly expiresAt?: number
}

export interface Request {
  /** Milliseconds. Default 5 000. */
  readonly timeout?: number
  /** `proving(…)` for tokens bound to a key. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

export const clientId = 'mobile'

/** The issuer refused; `code` is its error (RFC 6749 §5.2), such as `invalid_grant`. */
export class TokensRefused extends Error {
  override readonly name = 'TokensRefused'
  readonly code: string

  constructor(code: string) {
    super(`no tokens: ${code}`)
    this.code = code
  }
}

/** Calls the token endpoint as a public client. Any error but `TokensRefused` says nothing about the tokens' validity. */
export async function requestTokens(
  provider: Issuer,
  form: Readonly<Record<string, string>>,
  request: Request = {},
): Promise<Tokens> {
  const answer = await post(provider.token_endpoint, form, request)
  const body = (await answer.json()) as Readonly<Record<string, unknown>>
  if (answer.status >= 500) throw new Error(`the issuer answered ${answer.status}`)
  const { access_token: accessToken, expires_in: lifetime, refresh_token: refreshToken = form['refresh_token'] } = body
  if (!answer.ok || typeof accessToken !== 'string') throw new TokensRefused(String(body['error']))
  return {
    accessToken,
    ...(typeof refreshToken === 'string' ? { refreshToken } : {}),
    ...(typeof lifetime === 'number' ? { expiresAt: Date.now() + lifetime * 1_000 } : {}),
  }
}

/** Milliseconds per refresh attempt. Two fit into the 5 s in which the issuer repeats its response. */
const refreshTimeout = 2_000

/**
 * Exchanges a refresh token, which works once. If no response arrives, the issuer may have rotated it all the same: retries once
 * with the same token and at once, because later reuse would look like theft.
 */
export async function refreshTokens(provider: Issuer, refreshToken: string, request: Request = {}): Promise<Tokens> {
  const form = { client_id: clientId, grant_type: 'refresh_token', refresh_token: refreshToken }
  const ask = () => requestTokens(provider, form, { timeout: refreshTimeout, ...request })
  try {
    return await ask()
  } catch (error) {
    if (error instanceof TokensRefused) throw error
    return ask()
  }
}

/** Ends a sign-in by any of its refresh tokens (RFC 7009). Rejects if the issuer could not be reached. */
export async function revokeTokens(provider: Issuer, refreshToken: string, request: Request = {}): Promise<void> {
  if (provider.revocation_endpoint === undefined) return
  const form = { client_id: clientId, token: refreshToken, token_type_hint: 'refresh_token' }
  const answer = await post(provider.revocation_endpoint, form, request)
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`the issuer did not revoke the tokens: ${answer.status}`)
}

const post = (
  url: string,
  form: Readonly<Record<string, string>>,
  { timeout = 5_000, fetch = globalThis.fetch }: Request,
): Promise<Response> =>
  fetch(url, { method: 'POST', body: new URLSearchParams(form), signal: AbortSignal.timeout(timeout) })
