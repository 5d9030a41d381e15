import { randomBytes } from 'node:crypto'
import { loopback } from './loopback.ts'
import { pkce } from './pkce.ts'
import { clientId, type Issuer, type Request, requestTokens, type Tokens } from './tokens.ts'

/** The system browser: shows a page and follows redirects. Never a view inside the app (RFC 8252 §8.12). */
export type Browser = (url: string) => Promise<void>

export interface SignInOptions extends Request {
  /** The `acr_values` and `max_age` (seconds) a BFF required with 401 `insufficient_user_authentication` (RFC 9470 §3). */
  readonly stepUp?: { readonly acrValues?: string; readonly maxAge?: number }
}

/** Signs in as RFC 8252 requires: system browser, loopback redirect, PKCE, no client secret. */
export async function signIn(issuer: string, browser: Browser, options: SignInOptions = {}): Promise<Tokens> {
  const { stepUp: { acrValues, maxAge } = {}, ...request } = options
  const provider = await discover(issuer)
  const { verifier, challenge } = pkce()
  const state = randomBytes(16).toString('base64url')
  await using redirect = await loopback()
  const url = new URL(provider.authorization_endpoint)
  url.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirect.uri,
    scope: 'openid profile offline_access shop',
    resource: 'urn:shop',
    prompt: 'consent',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state,
    ...(acrValues === undefined ? {} : { acr_values: acrValues }),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
  }).toString()
  await browser(url.href)
  const answer = await redirect.answer
  if (answer.get('state') !== state) throw new Error('the response belongs to another sign-in')
  if (answer.get('iss') !== provider.issuer) throw new Error('the response comes from another issuer')
  const code = answer.get('code')
  if (code === null) throw new Error(`sign-in was refused: ${answer.get('error') ?? 'no code'}`)
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirect.uri, code_verifier: verifier }
  return requestTokens(provider, { client_id: clientId, ...grant }, request)
}

export async function discover(issuer: string): Promise<Issuer> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const answer = await fetch(address, { signal: AbortSignal.timeout(5_000) })
  const found = (await answer.json()) as Issuer
  if (found.issuer !== issuer) throw new Error(`${issuer} calls itself ${found.issuer}`)
  return found
}
