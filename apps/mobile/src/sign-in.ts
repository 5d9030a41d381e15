import { randomBytes } from 'node:crypto'
import { loopback } from './loopback.ts'
import { pkce } from './pkce.ts'
import { type Issuer, type Tokens, requestTokens } from './tokens.ts'

/** The system's browser: shows a person a page, and follows wherever it leads. Never a view inside the app (RFC 8252 §8.12). */
export type Browser = (url: string) => Promise<void>

const clientId = 'mobile'

/** Sign in as RFC 8252 wants it: the system's browser, a loopback redirect, PKCE, no secret. */
export async function signIn(issuer: string, browser: Browser): Promise<Tokens> {
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
  }).toString()
  await browser(url.href)
  const answer = await redirect.answer
  if (answer.get('state') !== state) throw new Error('the answer belongs to another sign-in')
  if (answer.get('iss') !== provider.issuer) throw new Error('the answer comes from another issuer')
  const code = answer.get('code')
  if (code === null) throw new Error(`sign-in was refused: ${answer.get('error') ?? 'no code'}`)
  return requestTokens(provider, {
    client_id: clientId,
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirect.uri,
    code_verifier: verifier,
  })
}

export async function discover(issuer: string): Promise<Issuer> {
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(5_000) })
  const found = (await answer.json()) as Issuer
  if (found.issuer !== issuer) throw new Error(`${issuer} calls itself ${found.issuer}`)
  return found
}
