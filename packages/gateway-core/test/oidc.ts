import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Configuration, errors, Provider } from 'oidc-provider'

export const CLIENT = { id: 'web', secret: 'a-secret-of-this-test-and-nothing-else' }
export const RESOURCE = 'urn:api'
/** Milliseconds an access token lives. */
export const ACCESS_TTL = 300_000

export interface TestProvider extends AsyncDisposable {
  readonly issuer: string
  /** Who is at the keyboard. Empty: says no. */
  person: string
  /** Requests so far, by path. */
  readonly requests: ReadonlyMap<string, number>
  /** Every access token so far. */
  readonly issued: readonly string[]
  /** Published in place of the keys that it signs with. */
  keys: readonly object[] | undefined
  /** No answer from now on: connections are cut. */
  cut: boolean
}

/**
 * A real OpenID provider whose person logs in and consents without being asked. Refresh tokens rotate. `backchannel`: it names its
 * sessions, and tells the app when one of them ends. `ending`: of its issuer.
 */
export async function oidcProvider(appUrl: string, backchannel = false, ending: '' | '/' = ''): Promise<TestProvider> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${ending}`
  const provider = quietly(() => new Provider(issuer, configuration(appUrl, backchannel)))
  const requests = new Map<string, number>()
  const issued: string[] = []
  provider.on('grant.success', (ctx) => issued.push((ctx.body as { access_token: string }).access_token))
  const answer = provider.callback()
  const state: TestProvider = {
    issuer,
    person: 'someone',
    requests,
    issued,
    keys: undefined,
    cut: false,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  server.on('request', async (req, res) => {
    if (state.cut) return void req.socket.destroy()
    const path = (req.url ?? '').split('?', 1)[0]!
    requests.set(path, (requests.get(path) ?? 0) + 1)
    if (path === '/jwks' && state.keys !== undefined) {
      return void res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: state.keys }))
    }
    if (!path.startsWith('/interaction/')) return void answer(req, res)
    const { grantId, session, params } = await provider.interactionDetails(req, res)
    const clientId = String(params['client_id'])
    if (state.person === '') {
      return provider.interactionFinished(req, res, { error: 'access_denied', error_description: '<b>no</b>' })
    }
    const accountId = session?.accountId ?? state.person
    const grant = grantId === undefined ? undefined : await provider.Grant.find(grantId)
    const given = grant ?? new provider.Grant({ accountId, clientId })
    given.addOIDCScope('openid profile email')
    given.addResourceScope(RESOURCE, 'read')
    const result = { login: { accountId }, consent: { grantId: await given.save() } }
    await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: true })
  })
  return state
}

/** The provider warns that its memory forgets; here it should. */
export function quietly<T>(work: () => T): T {
  const { warn } = console
  console.warn = () => {}
  try {
    return work()
  } finally {
    console.warn = warn
  }
}

function configuration(appUrl: string, backchannel: boolean): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${appUrl}/bff/callback`],
        post_logout_redirect_uris: [`${appUrl}/`],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        ...(backchannel && {
          backchannel_logout_uri: `${appUrl}/bff/backchannel`,
          backchannel_logout_session_required: true,
        }),
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'test', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['a-key-of-this-test'] },
    claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
    // An access token for an API is none for userinfo, so the ID token says who it is.
    conformIdTokenClaims: false,
    scopes: ['openid', 'profile', 'email'],
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 300,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    // Without its own dispatcher, which is made for another fetch than that of Node.
    fetch: (url, { method, headers, body } = {}) => fetch(url, { method, headers, body } as RequestInit),
    pkce: { required: () => true },
    rotateRefreshToken: () => true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    findAccount: (_ctx, sub) => ({
      accountId: sub,
      claims: () => ({ sub, name: `Name of ${sub}`, email: `${sub}@people.example` }),
    }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      ...(backchannel && { backchannelLogout: { enabled: true } }),
      revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => client.clientId === token.clientId },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = `<!doctype html>${form}`
        },
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== RESOURCE) throw new errors.InvalidTarget()
          return { scope: 'read', audience: RESOURCE, accessTokenFormat: 'jwt', accessTokenTTL: ACCESS_TTL / 1000 }
        },
        useGrantedResource: () => true,
      },
    },
  }
}
