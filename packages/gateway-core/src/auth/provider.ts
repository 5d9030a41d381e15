import * as oidc from 'openid-client'
import type { Problem } from '../problem.ts'
import { singleFlight } from './single-flight.ts'
import { identityUnavailable } from './unavailable.ts'

/** Seconds that one request to the provider may take. */
const TIMEOUT = 2
/** Seconds that an access token is taken to live when the provider does not say (RFC 6749 §5.1). */
const LIFETIME = 300

export interface ProviderOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** The registered callback of this app. */
  readonly redirectUri: string
  readonly scope: string
  /** The API that access tokens are for (RFC 8707). */
  readonly resource?: string | undefined
  readonly insecure: boolean
}

/** What binds an authorization request to its answer. */
export interface Transaction {
  readonly state: string
  readonly nonce: string
  /** PKCE, RFC 7636. */
  readonly verifier: string
}

export interface Tokens {
  /** Of the ID token. Absent in most refreshes. */
  readonly claims?: Readonly<Record<string, unknown>> & { readonly sub: string }
  readonly scope: string
  readonly accessToken: string
  readonly refreshToken?: string
  /** Of the access token, milliseconds. */
  readonly lifetime: number
  /** Of the refresh token, where the provider says it: `refresh_expires_in`, which no RFC knows and many providers send. */
  readonly refreshLifetime?: number
}

/** The provider said no, or said something that must not be believed. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** The OpenID provider, seen by this client. Rejects with `Refused`, or with the problem `identity-unavailable`. */
export interface Provider {
  authorizationUrl(transaction: Transaction): Promise<URL>
  /** The tokens that a callback's code stands for, once state, `iss`, nonce and signature are right. */
  redeem(query: URLSearchParams, transaction: Transaction): Promise<Tokens>
  refresh(refreshToken: string): Promise<Tokens>
  /** The grant behind it ends as well (RFC 7009 §2.1). */
  revoke(refreshToken: string): Promise<void>
  /** Where a browser signs out of the provider itself, if it can. */
  endSessionUrl(returnUrl: string): Promise<string | null>
}

/** Nothing is asked of the provider before the first use, so a boot never waits for it. */
export function provider(options: ProviderOptions): Provider {
  const { redirectUri, scope } = options
  const resource: Record<string, string> = options.resource === undefined ? {} : { resource: options.resource }
  const discovered = discovery(options)
  const request = async <T>(work: (config: oidc.Configuration) => Promise<T>): Promise<T> => {
    const config = await discovered()
    return work(config).catch((error: unknown) => {
      throw refusalOr503(error)
    })
  }

  return {
    authorizationUrl: async ({ state, nonce, verifier }) => {
      const challenge = await oidc.calculatePKCECodeChallenge(verifier)
      const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }
      const parameters = { ...resource, ...pkce, redirect_uri: redirectUri, scope, state, nonce }
      return oidc.buildAuthorizationUrl(await discovered(), parameters)
    },
    redeem: (query, { state, nonce, verifier }) =>
      request(async (config) => {
        const expected = {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        }
        const callback = new URL(`${redirectUri}?${query}`)
        return tokensOf(await oidc.authorizationCodeGrant(config, callback, expected, resource), scope)
      }),
    refresh: (token) =>
      request(async (config) => tokensOf(await oidc.refreshTokenGrant(config, token, resource), scope)),
    revoke: (token) => request((config) => oidc.tokenRevocation(config, token, { token_type_hint: 'refresh_token' })),
    endSessionUrl: async (returnUrl) => {
      const config = await discovered()
      if (config.serverMetadata().end_session_endpoint === undefined) return null
      // No `id_token_hint`: a token in an address that scripts read is a token in the browser.
      return oidc.buildEndSessionUrl(config, { post_logout_redirect_uri: returnUrl }).href
    },
  }
}

/** A response that names no scope grants what was asked for (RFC 6749 §5.1). */
function tokensOf(response: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers, asked: string): Tokens {
  const claims = response.claims()
  const refresh = Number(response['refresh_expires_in'])
  return {
    // 0 is how offline tokens say that they have no end.
    ...(refresh > 0 ? { refreshLifetime: refresh * 1000 } : {}),
    ...(claims === undefined ? {} : { claims }),
    ...(response.refresh_token === undefined ? {} : { refreshToken: response.refresh_token }),
    scope: response.scope ?? asked,
    accessToken: response.access_token,
    lifetime: (response.expiresIn() ?? LIFETIME) * 1000,
  }
}

/** Asks once, keeps the answer, and asks again after a failure. */
function discovery({ issuer, clientId, clientSecret, insecure }: ProviderOptions): () => Promise<oidc.Configuration> {
  let known: oidc.Configuration | undefined
  const execute = [oidc.enableNonRepudiationChecks, ...(insecure ? [oidc.allowInsecureRequests] : [])]
  const discover = singleFlight(async () => {
    const authentication = oidc.ClientSecretBasic(clientSecret)
    known = await oidc
      .discovery(new URL(issuer), clientId, undefined, authentication, { execute, timeout: TIMEOUT })
      .catch((error: unknown) => {
        throw identityUnavailable(error)
      })
    return known
  })
  return async () => known ?? discover()
}

const REFUSALS: ReadonlySet<unknown> = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_UNSUPPORTED_OPERATION',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
])

/** Whatever may be an outage, or our own misconfiguration, must not sign anybody out. */
function refusalOr503(error: unknown): Refused | Problem {
  if (error instanceof oidc.AuthorizationResponseError) return new Refused(error.error, { cause: error })
  if (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') {
    return new Refused(error.error, { cause: error })
  }
  if (error instanceof oidc.ClientError && REFUSALS.has(error.code)) return new Refused(error.message, { cause: error })
  return identityUnavailable(error)
}
