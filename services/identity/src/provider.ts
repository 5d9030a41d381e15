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

/** What opens a provider with these keys, the first of which signs. Rejects when a client cannot be as it is configured. */
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
        // For this issuer and no other (RFC 9700 §2.5), and good for a minute: how long would it have to be remembered else?
        if (aud !== issuer || Number(exp) - Number(iat) > 60)
          throw new errors.InvalidClientAuth('not made for here and now')
      },
      rotateRefreshToken: rotation.rotate,
      ttl: ttl(lifetimes),
      fetch: backchannel.send,
      features: { ...switches, dPoP, resourceIndicators, rpInitiatedLogout: rpInitiatedLogout(accounts) },
      interactions: { policy: policy(), url: (_ctx, { uid }) => `/interaction/${uid}` },
      renderError: (ctx, { error, error_description: description }) => {
        ctx.type = 'html'
        ctx.body = messagePage('This did not work', `${description ?? error}.`)
      },
    })
    provider.proxy = true
    // It would look at them as late as their first request.
    for (const { client_id } of known) await provider.Client.find(client_id)
    return provider
  }
}

/** Browsers share the cookies of a host among its ports, and take those of its neighbours, unless a prefix forbids it. */
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
  // What a browser has ends when its person signs out, whatever was asked for. An app has a sign-out of its own.
  expiresWithSession: ({ oidc }) => oidc.client?.applicationType !== 'native',
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  extraTokenClaims: (ctx, token) => (token.kind === 'AccessToken' ? proofOf(ctx, token) : undefined),
}

const switches: Configuration['features'] = {
  devInteractions: { enabled: false },
  pushedAuthorizationRequests: { enabled: true },
  backchannelLogout: { enabled: true },
  // Access tokens are for the shop alone; what is known of a person is in the ID token.
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
    // Only the app itself knows what its session is called here: another site could link to a sign-out, but not say that.
    const asked = sid !== undefined && params?.['logout_hint'] === sid
    ctx.body = signOutPage(accounts.find(session?.accountId ?? '')?.name ?? '', form, asked)
  },
  postLogoutSuccessSource: (ctx) => {
    ctx.body = messagePage('Signed out', 'You can close this page.')
  },
})
