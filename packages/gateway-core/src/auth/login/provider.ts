import * as oidc from 'openid-client'
import { clientKey } from '../client-key.ts'
import { discovery } from './discovery.ts'
import { checkIdToken } from './id-token.ts'
import { Refused, refusalOr503, unavailable } from './refused.ts'

export { Refused }

/** Assumed lifetime of an access token in seconds if the provider does not state it (RFC 6749 §5.1). */
const LIFETIME = 300

export interface ProviderOptions {
  readonly issuer: string
  readonly clientId: string
  /** A private key: see `clientKey`. With it, no secret is sent. */
  readonly clientKey?: string | undefined
  readonly clientSecret?: string | undefined
  /** The registered callback of this app. */
  readonly redirectUri: string
  readonly scope: string
  /** Target API of the access tokens (RFC 8707). */
  readonly resource?: string | undefined
  readonly insecure: boolean
  readonly clock: () => number
}

/** Binds an authorization request to its response. */
export interface Transaction {
  readonly state: string
  readonly nonce: string
  /** PKCE, RFC 7636. */
  readonly verifier: string
  /** Longest time since the person authenticated, in seconds as in the protocol. Absent: any. */
  readonly maxAge?: number | undefined
  /** Accepted `acr` values, space-separated. Absent: any. */
  readonly acr?: string | undefined
}

/** The provider's `prompt` parameter (OpenID Connect Core §3.1.2.1). */
export type Prompt = 'login' | 'none' | 'consent' | 'select_account'

/** The parts of a token response that are used. The access token is not: services do not accept it (ADR 11). */
export interface Tokens {
  /** From the ID token. Absent in most refreshes. */
  readonly claims?: Readonly<Record<string, unknown>> & { readonly sub: string }
  readonly scope: string
  readonly refreshToken?: string
  /** Lifetime of the access token in milliseconds. */
  readonly lifetime: number
  /** Lifetime of the refresh token, if the provider sends `refresh_expires_in`, which is widespread but in no RFC. */
  readonly refreshLifetime?: number
}

/** The OpenID provider as a client uses it. Rejects with `Refused`, or with the problem `identity-unavailable`. */
export interface Provider {
  /** Pushed to the provider first (RFC 9126) if supported: the URL then holds only a reference. */
  authorizationUrl(transaction: Transaction, prompt?: Prompt): Promise<URL>
  /** Exchanges a callback's code for tokens, after checking state, `iss`, nonce and signature. */
  redeem(query: URLSearchParams, transaction: Transaction): Promise<Tokens>
  refresh(refreshToken: string): Promise<Tokens>
  /** Also ends the underlying grant (RFC 7009 §2.1). */
  revoke(refreshToken: string): Promise<void>
  /** Where a browser signs out of the provider, if supported. `sid` is the provider's session id. */
  endSessionUrl(returnUrl: string, sid?: string): Promise<string | null>
}

/** Contacts the provider on first use only, so a boot never waits for it. */
export function provider(options: ProviderOptions): Provider {
  const discovered = discovery({ ...options, authentication: authentication(options) })
  const request = async <T>(
    work: (config: oidc.Configuration) => T | Promise<T>,
    failure: (error: unknown) => Error = refusalOr503,
  ): Promise<T> => {
    const config = await discovered()
    try {
      return await work(config)
    } catch (error) {
      throw failure(error)
    }
  }
  return {
    authorizationUrl: (transaction, prompt) =>
      request((config) => authorizationUrl(config, options, transaction, prompt), unavailable),
    redeem: (query, transaction) => request((config) => redeem(config, options, query, transaction)),
    refresh: (token) =>
      request(async (config) =>
        tokensOf(await oidc.refreshTokenGrant(config, token, resourceOf(options)), options, undefined),
      ),
    revoke: (token) => request((config) => oidc.tokenRevocation(config, token, { token_type_hint: 'refresh_token' })),
    endSessionUrl: (returnUrl, sid) => request((config) => endSessionUrl(config, returnUrl, sid)),
  }
}

function authentication(options: ProviderOptions): oidc.ClientAuth {
  if (options.clientKey !== undefined) return clientKey(options.clientKey)
  if (options.clientSecret !== undefined) return oidc.ClientSecretBasic(options.clientSecret)
  throw new TypeError('clientKey or clientSecret is required')
}

async function authorizationUrl(
  config: oidc.Configuration,
  options: ProviderOptions,
  { state, nonce, verifier, maxAge, acr }: Transaction,
  prompt: Prompt | undefined,
): Promise<URL> {
  const parameters = {
    ...resourceOf(options),
    redirect_uri: options.redirectUri,
    scope: options.scope,
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(prompt === undefined ? {} : { prompt }),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
    ...(acr === undefined ? {} : { acr_values: acr }),
  }
  const { pushed_authorization_request_endpoint: push } = config.serverMetadata()
  return push === undefined
    ? oidc.buildAuthorizationUrl(config, parameters)
    : oidc.buildAuthorizationUrlWithPAR(config, parameters)
}

async function redeem(
  config: oidc.Configuration,
  options: ProviderOptions,
  query: URLSearchParams,
  { state, nonce, verifier, maxAge, acr }: Transaction,
): Promise<Tokens> {
  const expected = {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
    ...(maxAge === undefined ? {} : { maxAge }),
  }
  const callback = new URL(`${options.redirectUri}?${query}`)
  const response = await oidc.authorizationCodeGrant(config, callback, expected, resourceOf(options))
  return tokensOf(response, options, acr)
}

function endSessionUrl(config: oidc.Configuration, returnUrl: string, sid: string | undefined): string | null {
  if (config.serverMetadata().end_session_endpoint === undefined) return null
  // No `id_token_hint`: a token in a URL or a page is a token in the browser. The `sid` grants nothing, yet no other
  // site knows it: a provider that recognizes it may skip its confirmation (RP-Initiated Logout 1.0 §2).
  const hint: Record<string, string> = sid === undefined ? {} : { logout_hint: sid }
  return oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: returnUrl, ...hint }).href
}

const resourceOf = ({ resource }: ProviderOptions): Record<string, string> =>
  resource === undefined ? {} : { resource }

/** A response without a scope grants the requested one (RFC 6749 §5.1). */
function tokensOf(
  response: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
  { clientId, scope, clock }: ProviderOptions,
  acr: string | undefined,
): Tokens {
  const { id_token: idToken = '', access_token: accessToken, refresh_token: refreshToken } = response
  const claims = response.claims()
  if (claims !== undefined) checkIdToken(claims, { clientId, idToken, accessToken, acr, now: clock() })
  const refresh = Number(response['refresh_expires_in'])
  return {
    // 0 marks offline tokens, which do not expire.
    ...(refresh > 0 ? { refreshLifetime: refresh * 1000 } : {}),
    ...(claims === undefined ? {} : { claims }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
    scope: response.scope ?? scope,
    lifetime: (response.expiresIn() ?? LIFETIME) * 1000,
  }
}
