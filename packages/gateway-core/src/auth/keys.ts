import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { singleFlight } from './single-flight.ts'

const FRESH = 600_000
const STALE = 3_600_000
const COOL_DOWN = 30_000
const RETRY = 1_000
const TIMEOUT = 1_000
const MAX_BYTES = 65_536

export interface KeysOptions {
  /** Exactly as in the `iss` of its tokens. Over plain http, who controls the network chooses the keys. */
  readonly issuer: string
  /** Where its keys are (JWK set). Default: where its discovery document says. */
  readonly jwksUrl?: string | undefined
  /** Milliseconds between two fetches for the sake of unknown key ids. Default 30 000: whoever sends tokens could invent ids. */
  readonly coolDown?: number | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
  readonly fetch?: typeof fetch | undefined
}

/** The public key of this id, or `undefined` when the issuer has none. Rejects with `KeysUnavailable`. */
export type Keys = (kid: string) => Promise<KeyObject | undefined>

/** The issuer cannot be asked, so nothing can be said about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

interface Jwk extends JsonWebKey {
  readonly kid?: string
  readonly use?: string
  readonly alg?: string
  readonly key_ops?: readonly string[]
}

/**
 * The signing keys of an OpenID issuer (Discovery §4, RFC 7517), fetched on first use and never at start. After 10 min
 * they are renewed beside the traffic, and for 1 h an issuer that is down changes nothing. An unknown key id causes at
 * most one fetch in 30 s, so invented ids cost the issuer nothing. A fetch takes at most 1 s and 64 KiB a document.
 */
export function issuerKeys(options: KeysOptions): Keys {
  const { issuer, jwksUrl, coolDown = COOL_DOWN, clock = Date.now, fetch = globalThis.fetch } = options
  const cache = keyCache(() => fetchKeys(issuer, jwksUrl, fetch), clock)
  let soughtAt = -Infinity
  const seek = singleFlight(async () => {
    await cache.renew()
    soughtAt = clock()
  })

  return async (kid) => {
    if (cache.age() >= STALE) await cache.renew()
    else if (cache.age() >= FRESH) void cache.renew()
    if (cache.age() >= STALE) throw new KeysUnavailable(`no keys from ${issuer}`, { cause: cache.failure() })

    const known = cache.get(kid)
    if (known !== undefined) return known
    if (cache.age() >= RETRY && clock() - soughtAt >= coolDown) await seek()
    const found = cache.get(kid)
    if (found !== undefined || cache.failure() === undefined) return found
    throw new KeysUnavailable(`no newer keys from ${issuer}`, { cause: cache.failure() })
  }
}

/** The last good set. A renewal never rejects; after a failed one there is a pause. */
function keyCache(fetchAll: () => Promise<ReadonlyMap<string, KeyObject>>, clock: () => number) {
  let keys: ReadonlyMap<string, KeyObject> = new Map()
  let loadedAt = -Infinity
  let failedAt = -Infinity
  let failure: unknown
  const load = singleFlight(async () => {
    try {
      keys = await fetchAll()
      loadedAt = clock()
      failure = undefined
    } catch (error) {
      failedAt = clock()
      failure = error
    }
  })
  return {
    get: (kid: string) => keys.get(kid),
    age: () => clock() - loadedAt,
    failure: () => failure,
    renew: async () => {
      if (clock() - failedAt >= RETRY) await load()
    },
  }
}

async function fetchKeys(
  issuer: string,
  jwksUrl: string | undefined,
  fetch: typeof globalThis.fetch,
): Promise<ReadonlyMap<string, KeyObject>> {
  const signal = AbortSignal.timeout(TIMEOUT)
  const { keys } = await fetchJson(jwksUrl ?? (await discover(issuer, signal, fetch)), signal, fetch)
  if (!Array.isArray(keys)) throw new TypeError('jwks_uri did not answer a key set')
  return importKeys(keys as readonly Jwk[])
}

async function discover(issuer: string, signal: AbortSignal, fetch: typeof globalThis.fetch): Promise<string> {
  const metadata = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal, fetch)
  if (metadata['issuer'] !== issuer) throw new TypeError('the discovered issuer is another one')
  const uri = String(metadata['jwks_uri'])
  if (issuer.startsWith('https:') && !uri.startsWith('https:')) throw new TypeError('jwks_uri must be https')
  return uri
}

/** Keys that cannot be trusted or told apart are left out: the others still work. */
function importKeys(jwks: readonly Jwk[]): ReadonlyMap<string, KeyObject> {
  const keys = new Map<string, KeyObject>()
  const twice = new Set<string>()
  for (const jwk of jwks) {
    const key = importKey(jwk)
    if (key === undefined || typeof jwk.kid !== 'string') continue
    if (keys.has(jwk.kid)) twice.add(jwk.kid)
    keys.set(jwk.kid, key)
  }
  for (const kid of twice) keys.delete(kid)
  return keys
}

function importKey(jwk: Jwk): KeyObject | undefined {
  try {
    const alg = jwk.kty === 'RSA' ? 'RS256' : jwk.kty === 'EC' && jwk.crv === 'P-256' ? 'ES256' : undefined
    if (alg === undefined || (jwk.alg ?? alg) !== alg) return undefined
    if ((jwk.use ?? 'sig') !== 'sig' || !(jwk.key_ops ?? ['verify']).includes('verify')) return undefined
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
    return alg === 'RS256' && (modulusLength < 2048 || publicExponent < 65_537n) ? undefined : key
  } catch {
    return undefined
  }
}

async function fetchJson(
  url: string,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } })
  if (!response.ok || response.body === null) throw new TypeError(`${url} answered ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > MAX_BYTES) throw new TypeError(`${url} answered more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  if (typeof value !== 'object' || value === null) throw new TypeError(`${url} did not answer an object`)
  return value as Readonly<Record<string, unknown>>
}
