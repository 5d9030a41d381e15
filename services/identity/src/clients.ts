import type { ClientMetadata } from 'oidc-provider'

export interface WebClient {
  /** Where browsers find web-bff. */
  readonly webOrigins: readonly string[]
  readonly webSecret: string
}

export const clients = ({ webOrigins, webSecret }: WebClient): readonly ClientMetadata[] => [
  {
    client_id: 'web',
    client_name: 'Lagom',
    client_secret: webSecret,
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: webOrigins.map((origin) => `${origin}/bff/callback`),
    post_logout_redirect_uris: webOrigins.map((origin) => `${origin}/`),
    ...codeFlow,
  },
  {
    client_id: 'mobile',
    client_name: 'the Lagom app',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    // On the loopback any port will do (RFC 8252 §7.3).
    redirect_uris: ['http://127.0.0.1/callback', 'shop.example.app:/callback'],
    ...codeFlow,
  },
]

const codeFlow = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
} as const satisfies Partial<ClientMetadata>

/** What the login form may lead to: browsers hold `form-action` against every redirect that follows. */
export const formTargets = ({ webOrigins }: WebClient): readonly string[] => [
  ...webOrigins,
  'http://127.0.0.1:*',
  'shop.example.app:',
]
