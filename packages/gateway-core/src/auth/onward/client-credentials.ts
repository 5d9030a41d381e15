import * as oidc from 'openid-client'
import type { Logger } from 'pino'
import type { TokenSource } from '../../credential.ts'
import { clientKey } from '../client-key.ts'
import { singleFlight } from '../single-flight.ts'

/** Timeout of one request to the issuer in seconds. */
const TIMEOUT = 2
/** Milliseconds to wait after a failed request. */
const PAUSE = 1_000
/** Assumed lifetime of a token in milliseconds if the issuer does not state it. */
const LIFETIME = 60_000
/** A token is renewed when this share of its lifetime remains, at most so many milliseconds. */
const [SHARE, MOST] = [0.2, 60_000]
/** A token is not used in its last milliseconds. */
const SPARE = 2_000

export interface ClientCredentialsOptions {
  /** As in its metadata (RFC 8414). Must be https, except on localhost. */
  readonly issuer: string
  readonly clientId: string
  /** A secret, or preferably a private key (see `clientKey`), which is never sent. */
  readonly authentication: { readonly secret: string } | { readonly key: string; readonly kid?: string | undefined }
  /** Space-separated. */
  readonly scope?: string | undefined
  /** Target API of the token (RFC 8707). */
  readonly resource?: string | undefined
  /** The same for issuers that do not support RFC 8707. */
  readonly audience?: string | undefined
  readonly log: Pick<Logger, 'warn'>
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

interface CachedToken {
  readonly token: string
  readonly renewAt: number
  readonly endsAt: number
}

/**
 * Access tokens from an OAuth issuer for this program itself (RFC 6749 §4.4), for third-party upstreams. Fetched on
 * first use, one request at a time, and renewed in the background before expiry; while the issuer is down, the old
 * token is used until it expires. Rejects if there is none, and then waits a second before asking again.
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  const { log, clock = Date.now } = options
  const ask = grant(options)
  let known: CachedToken | undefined
  let failed: { readonly error: unknown; readonly at: number } | undefined

  const renew = singleFlight(async (): Promise<string> => {
    if (failed !== undefined && clock() - failed.at < PAUSE) throw failed.error
    try {
      const asked = clock()
      const { token, lifetime } = await ask()
      known = { token, endsAt: asked + lifetime - SPARE, renewAt: asked + lifetime - Math.min(MOST, lifetime * SHARE) }
      failed = undefined
      return token
    } catch (error) {
      failed = { error, at: clock() }
      log.warn({ issuer: options.issuer, err: error }, 'upstream token not refreshed')
      throw error
    }
  })

  return () => {
    const now = clock()
    if (known === undefined || now >= known.endsAt) return renew()
    if (now >= known.renewAt) renew().catch(() => undefined)
    return known.token
  }
}

/** Requests one token. */
function grant({ issuer, clientId, authentication, scope, resource, audience }: ClientCredentialsOptions) {
  const wanted = Object.entries({ scope, resource, audience }).filter((entry) => entry[1] !== undefined)
  const parameters = Object.fromEntries(wanted) as Record<string, string>
  const { protocol, hostname } = new URL(issuer)
  const local = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
  if (protocol !== 'https:' && !local) throw new TypeError('issuer must use https, except on localhost')
  const execute = protocol === 'https:' ? [] : [oidc.allowInsecureRequests]
  const method = methodOf(authentication)
  let discovered: oidc.Configuration | undefined
  return async () => {
    discovered ??= await oidc.discovery(new URL(issuer), clientId, undefined, method, { execute, timeout: TIMEOUT })
    const answer = await oidc.clientCredentialsGrant(discovered, parameters)
    const seconds = answer.expiresIn()
    return { token: answer.access_token, lifetime: seconds === undefined ? LIFETIME : seconds * 1_000 }
  }
}

function methodOf(authentication: ClientCredentialsOptions['authentication']): oidc.ClientAuth {
  if ('secret' in authentication) return oidc.ClientSecretBasic(authentication.secret)
  return clientKey(authentication.key, authentication.kid)
}
