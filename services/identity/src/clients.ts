import type { ClientMetadata, JWKS } from 'oidc-provider'

export interface WebClient {
  /** The address of web-bff for browsers. */
  readonly webOrigins: readonly string[]
  readonly webSecret: string
  /** Its public keys. With them it authenticates by `private_key_jwt` and the secret is not accepted. */
  readonly webKeys?: JWKS | undefined
  /** Where web-bff receives sign-out notices. Default: at the first of its origins. */
  readonly webBackchannel?: string | undefined
}

export const clients = (web: WebClient): readonly ClientMetadata[] => [webClient(web), mobileClient]

const codeFlow = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  require_auth_time: true,
} as const satisfies Partial<ClientMetadata>

const webClient = ({ webOrigins, webSecret, webKeys, webBackchannel }: WebClient): ClientMetadata => ({
  client_id: 'web',
  client_name: 'Lagom',
  ...(webKeys === undefined
    ? { client_secret: webSecret, token_endpoint_auth_method: 'client_secret_basic' }
    : { jwks: webKeys, token_endpoint_auth_method: 'private_key_jwt' }),
  redirect_uris: webOrigins.map((origin) => `${origin}/bff/callback`),
  post_logout_redirect_uris: webOrigins.map((origin) => `${origin}/`),
  backchannel_logout_uri: webBackchannel ?? `${webOrigins[0]}/bff/backchannel`,
  backchannel_logout_session_required: true,
  ...codeFlow,
})

const mobileClient: ClientMetadata = {
  client_id: 'mobile',
  client_name: 'the Lagom app',
  application_type: 'native',
  // Anybody who has the app has everything in it, so a secret would prove nothing (RFC 8252 §8.5).
  token_endpoint_auth_method: 'none',
  // On the loopback address any port matches (§7.3); `localhost` may be somebody else (§8.3). A custom scheme is a reversed domain
  // name, so that no two apps choose the same by chance (§7.1).
  redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback', 'shop.example.app:/callback'],
  ...codeFlow,
}

/** Allowed `form-action` targets: browsers apply it to every redirect after the form, too. */
export const formTargets = ({ webOrigins }: WebClient): readonly string[] => [
  ...webOrigins,
  'http://127.0.0.1:*',
  'shop.example.app:',
]

/** The same for one redirect. CSP cannot express an IPv6 address, only its scheme. */
export function formTarget(redirectUri: string): string {
  const { protocol, hostname, origin } = new URL(redirectUri)
  return hostname.startsWith('[') || origin === 'null' ? protocol : origin
}
