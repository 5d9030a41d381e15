/** What of an issuer's metadata this client needs (OpenID Connect Discovery §3, RFC 8414 §2). */
export interface Issuer {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly revocation_endpoint?: string
}

export interface Tokens {
  readonly accessToken: string
  /** Absent: whoever signed in does so again when the access token is over. */
  readonly refreshToken?: string
  /** Epoch milliseconds. Absent: the issuer did not say. */
  readonly expiresAt?: number
}

export interface Request {
  /** Milliseconds. Default 5 000. */
  readonly timeout?: number
  /** `proving(…)` where tokens are bound to a key. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

export const clientId = 'mobile'

/** The issuer gave no tokens, and said why (RFC 6749 §5.2): `invalid_grant`. */
export class TokensRefused extends Error {
  override readonly name = 'TokensRefused'
  readonly code: string

  constructor(code: string) {
    super(`no tokens: ${code}`)
    this.code = code
  }
}

/** Ask the token endpoint, as a public client. What it throws beside `TokensRefused` says nothing about the tokens. */
export async function requestTokens(
  provider: Issuer,
  form: Readonly<Record<string, string>>,
  request: Request = {},
): Promise<Tokens> {
  const answer = await post(provider.token_endpoint, form, request)
  const body = (await answer.json()) as Readonly<Record<string, unknown>>
  if (answer.status >= 500) throw new Error(`the issuer is not well: ${answer.status}`)
  const { access_token: accessToken, expires_in: lifetime, refresh_token: refreshToken = form['refresh_token'] } = body
  if (!answer.ok || typeof accessToken !== 'string') throw new TokensRefused(String(body['error']))
  return {
    accessToken,
    ...(typeof refreshToken === 'string' ? { refreshToken } : {}),
    ...(typeof lifetime === 'number' ? { expiresAt: Date.now() + lifetime * 1_000 } : {}),
  }
}

/** Milliseconds for one try at a refresh. Two of them are less than the 5 s in which the issuer repeats its answer. */
const patience = 2_000

/**
 * Tokens for a refresh token, which works once. When no answer came the issuer may have given one all the same: it is asked once
 * more, with the same token and at once, for soon that would look like a thief.
 */
export async function refreshTokens(provider: Issuer, refreshToken: string, request: Request = {}): Promise<Tokens> {
  const form = { client_id: clientId, grant_type: 'refresh_token', refresh_token: refreshToken }
  const ask = () => requestTokens(provider, form, { timeout: patience, ...request })
  try {
    return await ask()
  } catch (error) {
    if (error instanceof TokensRefused) throw error
    return ask()
  }
}

/** End a sign-in, whichever of its refresh tokens this is (RFC 7009). Rejects when nobody could be told. */
export async function revokeTokens(provider: Issuer, refreshToken: string, request: Request = {}): Promise<void> {
  if (provider.revocation_endpoint === undefined) return
  const form = { client_id: clientId, token: refreshToken, token_type_hint: 'refresh_token' }
  const answer = await post(provider.revocation_endpoint, form, request)
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`the issuer revoked nothing: ${answer.status}`)
}

const post = (
  url: string,
  form: Readonly<Record<string, string>>,
  { timeout = 5_000, fetch = globalThis.fetch }: Request,
): Promise<Response> =>
  fetch(url, { method: 'POST', body: new URLSearchParams(form), signal: AbortSignal.timeout(timeout) })
