import { type Configuration, errors, interactionPolicy, type JWK, Provider } from 'oidc-provider'
import type { Accounts } from './accounts.ts'
import { clients, type WebClient } from './clients.ts'
import { resource, scopes } from './grant.ts'
import { memory } from './memory.ts'
import { messagePage, signOutPage } from './pages.ts'

export interface ProviderOptions extends WebClient {
  readonly issuer: string
  readonly accounts: Accounts
  readonly keys: readonly JWK[]
  readonly cookieSecret: string
}

/** Rejects when a client cannot be as it is configured. */
export async function openProvider(options: ProviderOptions): Promise<Provider> {
  const { issuer, accounts, keys, cookieSecret } = options
  const known = clients(options)
  const provider = new Provider(issuer, {
    adapter: () => memory(),
    clients: known,
    jwks: { keys },
    cookies: { keys: [cookieSecret], names: cookieNames },
    findAccount: (_ctx, id) => {
      const claims = accounts.find(id)
      return claims && { accountId: id, claims: () => ({ ...claims }) }
    },
    ...protocol,
    features: { ...switches, resourceIndicators, rpInitiatedLogout: rpInitiatedLogout(accounts) },
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

// Browsers share the cookies of a host among its ports.
const cookieNames = { session: 'identity_session', interaction: 'identity_login', resume: 'identity_resume' }

const day = 86_400

const protocol: Configuration = {
  scopes,
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'family_name', 'preferred_username'],
    email: ['email'],
  },
  responseTypes: ['code'],
  pkce: { required: () => true },
  clientAuthMethods: ['client_secret_basic', 'none'],
  clientBasedCORS: () => false,
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  ttl: {
    AccessToken: 300,
    AuthorizationCode: 60,
    IdToken: 300,
    Interaction: 600,
    RefreshToken: 14 * day,
    Grant: 14 * day,
    Session: 14 * day,
  },
}

const switches: Configuration['features'] = {
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
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
    ctx.body = signOutPage(accounts.find(ctx.oidc.session?.accountId ?? '')?.name ?? '', form)
  },
  postLogoutSuccessSource: (ctx) => {
    ctx.body = messagePage('Signed out', 'You can close this page.')
  },
})

function policy() {
  const { Check, base } = interactionPolicy
  const prompts = base()
  // Any program can pretend to be the app: a session alone must not sign it in (RFC 8252 §8.6).
  const check = new Check(
    'native_client_login',
    'an app needs a person to sign in',
    'login_required',
    ({ oidc }) => oidc.client?.applicationType === 'native' && oidc.result?.login === undefined,
  )
  prompts.get('login')?.checks.add(check)
  return prompts
}
