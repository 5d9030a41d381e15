import * as oidc from 'openid-client'
import { unavailable } from './refused.ts'
import { singleFlight } from '../single-flight.ts'

/** Timeout of one request to the provider in seconds. */
const TIMEOUT = 2
/** Largest response. Keys with certificates take about 30 KiB. */
const MAX_BYTES = 65_536

export interface DiscoveryOptions {
  readonly issuer: string
  readonly clientId: string
  readonly authentication: oidc.ClientAuth
  readonly insecure: boolean
}

/**
 * The provider's metadata (OpenID Connect Discovery, RFC 8414). Fetches once, caches it, and retries after a failure.
 * Rejects with the problem `identity-unavailable`, whose cause names the fault.
 */
export function discovery(options: DiscoveryOptions): () => Promise<oidc.Configuration> {
  const { issuer, clientId, authentication, insecure } = options
  let known: oidc.Configuration | undefined
  const execute = [oidc.enableNonRepudiationChecks, ...(insecure ? [oidc.allowInsecureRequests] : [])]
  const settings = { execute, timeout: TIMEOUT, [oidc.customFetch]: boundedFetch }
  const discover = singleFlight(async () => {
    try {
      const config = await oidc.discovery(new URL(issuer), clientId, undefined, authentication, settings)
      const fault = faultOf(config.serverMetadata(), issuer, insecure)
      if (fault !== undefined) throw new TypeError(`the provider's metadata ${fault}`)
      known = config
      return config
    } catch (error) {
      throw unavailable(error)
    }
  })
  return async () => known ?? discover()
}

/** Faults that make a login there unsafe: reported on first use. */
function faultOf(metadata: ReturnType<oidc.Configuration['serverMetadata']>, issuer: string, insecure: boolean) {
  if (metadata.issuer !== issuer) return 'names another issuer'
  if (!metadata.supportsPKCE('S256')) return 'offers no PKCE with S256'
  const { pushed_authorization_request_endpoint: push, require_pushed_authorization_requests: pushOnly } = metadata
  if (pushOnly === true && push === undefined) return 'requires pushed requests but names no endpoint for them'
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    const address = metadata[name]
    if (typeof address !== 'string' || !URL.canParse(address)) return `has no ${name}`
    const { protocol } = new URL(address)
    if (protocol !== 'https:' && !(insecure && protocol === 'http:')) return `has a ${name} without TLS`
  }
  return undefined
}

/** Bounds the size of responses. */
const boundedFetch: oidc.CustomFetch = async (url, options) => {
  const { body, status, headers } = await fetch(url, options as RequestInit)
  if (body === null) return new Response(null, { status, headers })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_BYTES) throw new TypeError(`the provider returned more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return new Response(Buffer.concat(chunks), { status, headers })
}
