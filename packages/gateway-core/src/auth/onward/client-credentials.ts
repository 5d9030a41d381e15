import * as oidc from 'openid-client'
import type { Logger } from 'pino'
import type { TokenSource } from '../../credential.ts'
import { clientKey } from '../client-key.ts'
import { singleFlight } from '../single-flight.ts'

/** Seconds that one request to the issuer may take. */
const TIMEOUT = 2
/** Milliseconds between two requests of which the first failed. */
const PAUSE = 1_000
/** Milliseconds that a token is taken to live when the issuer does not say. */
const LIFETIME = 60_000
/** A token is renewed when this much of its life is left: a share, and at most so many milliseconds. */
const [SHARE, MOST] = [0.2, 60_000]
/** Milliseconds before its end from which on a token is not shown any more. */
const SPARE = 2_000

export interface ClientCredentialsOptions {
  /** As in its metadata (RFC 8414). https, but on this machine. */
  readonly issuer: string
  readonly clientId: string
  /** A secret, or better a private key, see `clientKey`: it is never sent. */
  readonly authentication: { readonly secret: string } | { readonly key: string; readonly kid?: string | undefined }
  /** Separated by spaces. */
  readonly scope?: string | undefined
  /** The API that the token is for (RFC 8707). */
  readonly resource?: string | undefined
  /** The same in the dialect of issuers that do not know RFC 8707. */
  readonly audience?: string | undefined
  readonly log: Pick<Logger, 'warn'>
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

interface Known {
  readonly token: string
  readonly renewAt: number
  readonly endsAt: number
}

/**
 * Access tokens of an OAuth issuer for this program itself (RFC 6749 §4.4), for an upstream that is not ours. Fetched on first
 * use, by one request at a time whoever asks, and renewed beside the traffic before it ends; while the issuer is down the old
 * one is used for as long as it holds. Rejects when there is none; then nothing is asked for a second.
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  const { log, clock = Date.now } = options
  const ask = grant(options)
  let known: Known | undefined
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
      log.warn({ issuer: options.issuer, err: error }, 'no new token for an upstream')
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

/** Asks for one token. */
function grant({ issuer, clientId, authentication, scope, resource, audience }: ClientCredentialsOptions) {
  const wanted = Object.entries({ scope, resource, audience }).filter((entry) => entry[1] !== undefined)
  const parameters = Object.fromEntries(wanted) as Record<string, string>
  const { protocol, hostname } = new URL(issuer)
  const local = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
  if (protocol !== 'https:' && !local) throw new TypeError('issuer must be https, or on this machine')
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
