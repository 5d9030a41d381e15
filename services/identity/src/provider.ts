import { randomBytes } from 'node:crypto'
import { type AdapterFactory, type Configuration, errors, type JWK, type Provider } from 'oidc-provider'
import type { Accounts } from './accounts.ts'
import type { Backchannel } from './backchannel.ts'
import { clients, type WebClient } from './clients.ts'
import { resource, scopes } from './grant.ts'
import { providerWith } from './grants.ts'
import { type Lifetimes, ttl } from './lifetimes.ts'
import { messagePage, signOutPage } from './pages.ts'
import { acr, policy, proofOf, sidOf } from './proof.ts'
import type { Rotation } from './rotation.ts'

export interface ProviderOptions extends WebClient {
  readonly issuer: string
  readonly accounts: Accounts
  readonly adapter: AdapterFactory
  readonly rotation: Rotation
  readonly lifetimes: Lifetimes
  readonly backchannel: Backchannel
  readonly cookieSecret: string
}

/** Opens a provider with these keys, of which the first signs. Rejects if a client's configuration is invalid. */
export function providers(options: ProviderOptions): (keys: readonly JWK[]) => Promise<Provider> {
  const { issuer, accounts, adapter, rotation, lifetimes, backchannel, cookieSecret } = options
  const known = clients(options)
  const Provider = providerWith(rotation.grant)
  const dPoP = { enabled: true, nonceSecret: randomBytes(32) }
  return async (keys) => {
    const provider = new Provider(issuer, {
      adapter,
      clients: known,
      jwks: { keys },
      cookies: { keys: [cookieSecret], names: cookieNames(issuer) },
      findAccount: (_ctx, id, token) => {
        const claims = accounts.find(id)
        return claims && { accountId: id, claims: () => ({ ...claims, sid: token && sidOf(token) }) }
      },
      ...protocol,
      assertJwtClientAuthClaimsAndHeader: (_ctx, { aud, iat, exp }) => {
        // Only for this issuer (RFC 9700 §2.5), and valid for 60 s at most, which bounds how long used ones must be remembered.
        if (aud !== issuer || Number(exp) - Number(iat) > 60)
          throw new errors.InvalidClientAuth('the assertion must name this issuer and live 60 s at most')
      },
      rotateRefreshToken: rotation.rotate,
      ttl: ttl(lifetimes),
      fetch: backchannel.send,
      features: { ...switches, dPoP, resourceIndicators, rpInitiatedLogout: rpInitiatedLogout(accounts) },
      interactions: { policy: policy(), url: (_ctx, { uid }) => `/interaction/${uid}` },
      renderError: (ctx, { error, error_description: description }) => {
        ctx.type = 'html'
        ctx.body = messagePage('Something went wrong', `${description ?? error}.`)
      },
    })
    provider.proxy = true
    // Otherwise the provider validates clients only at their first request.
    for (const { client_id } of known) await provider.Client.find(client_id)
    return provider
  }
}

/** Without a `__Host-` prefix, a cookie is shared by all ports of a host and can be set by sibling domains. */
const cookieNames = (issuer: string) => ({
  session: `${issuer.startsWith('https:') ? '__Host-' : ''}identity_session`,
  interaction: 'identity_login',
  resume: 'identity_resume',
})

const protocol: Configuration = {
  scopes,
  claims: {
    openid: ['sub', 'sid', 'acr', 'amr', 'auth_time'],
    profile: ['name', 'given_name', 'family_name', 'preferred_username'],
    email: ['email'],
  },
  acrValues: Object.values(acr),
  responseTypes: ['code'],
  pkce: { required: () => true },
  clientAuthMethods: ['client_secret_basic', 'private_key_jwt', 'none'],
  enabledJWA: { clientAuthSigningAlgValues: ['ES256', 'Ed25519', 'PS256', 'RS256'] },
  clientBasedCORS: () => false,
  // A browser's tokens end with the sign-out, whatever scope was requested. An app signs out separately.
  expiresWithSession: ({ oidc }) => oidc.client?.applicationType !== 'native',
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  extraTokenClaims: (ctx, token) => (token.kind === 'AccessToken' ? proofOf(ctx, token) : undefined),
}

const switches: Configuration['features'] = {
  devInteractions: { enabled: false },
  pushedAuthorizationRequests: { enabled: true },
  backchannelLogout: { enabled: true },
  // Access tokens are for the shop only; user data is in the ID token.
  userinfo: { enabled: false },
  revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId },
}

const resourceIndicators: NonNullable<Configuration['features']>['resourceIndicators'] = {
  enabled: true,
  defaultResource: () => resource.id,
  getResourceServerInfo: (_ctx, indicator) => {
    if (indicator !== resource.id) throw new errors.InvalidTarget()
    return {
      audience: resource.id,
      scope: resource.scope,
      accessTokenFormat: 'jwt',
    }
  },
}

const rpInitiatedLogout = (accounts: Accounts): NonNullable<Configuration['features']>['rpInitiatedLogout'] => ({
  enabled: true,
  logoutSource: (ctx, form) => {
    const { session, client, params } = ctx.oidc
    const sid = client && session?.sidFor(client.clientId)
    // Only the client knows its `sid`: another site could link to the sign-out but not supply it.
    const asked = sid !== undefined && params?.['logout_hint'] === sid
    ctx.body = signOutPage(accounts.find(session?.accountId ?? '')?.name ?? '', form, asked)
  },
  postLogoutSuccessSource: (ctx) => {
    ctx.body = messagePage('Signed out', 'You can close this page.')
  },
})
