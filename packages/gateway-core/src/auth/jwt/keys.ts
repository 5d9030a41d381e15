import type { KeyObject } from 'node:crypto'
import { fetchKeys } from './fetch-keys.ts'
import type { KeySet, SigningKey } from './jwks.ts'
import { singleFlight } from '../single-flight.ts'

const FRESH = 600_000
const OVERDUE = 900_000
const STALE = 3_600_000
const COOL_DOWN = 30_000
const RETRY = 1_000

export interface KeysOptions {
  /** Exactly as in the `iss` of its tokens. Over plain http, whoever controls the network chooses the keys. */
  readonly issuer: string
  /** URL of its JWK set. Default: from its discovery document. */
  readonly jwksUrl?: string | undefined
  /** Milliseconds between two fetches caused by unknown key ids. Default 30 000: a sender could invent ids. */
  readonly coolDown?: number | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
  readonly fetch?: typeof fetch | undefined
}

export interface Keys {
  /**
   * The public key of this id, if it may be used with `alg`; `undefined` if the issuer has none. Rejects with
   * `KeysUnavailable`.
   */
  (kid: string, alg?: string): Promise<KeyObject | undefined>
  /** Whether `key` is still published under this id. Synchronous: `false` also if that requires a fetch first. */
  readonly holds: (kid: string, key: KeyObject) => boolean
}

/** The issuer is unreachable, so the token can be neither accepted nor refused. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

/**
 * An OpenID issuer's signing keys (Discovery §4, RFC 7517), fetched on first use, never at boot. After 10 min they are
 * refreshed in the background, after 15 min before use; an issuer that is down has no effect for 1 h. So a withdrawn
 * key is refused after the next refresh. Unknown key ids cause at most one fetch in 30 s, so invented ids cost the
 * issuer nothing. A fetch takes at most 1 s and 64 KiB per document.
 */
export function issuerKeys(options: KeysOptions): Keys {
  const { issuer, jwksUrl, coolDown = COOL_DOWN, clock = Date.now, fetch = globalThis.fetch } = options
  const cache = keyCache(() => fetchKeys({ issuer, jwksUrl }, fetch), clock)
  let soughtAt = -Infinity
  const seek = singleFlight(async () => {
    await cache.renew()
    soughtAt = clock()
  })
  const isOverdue = (age: number) => age >= (cache.failure() === undefined ? OVERDUE : STALE)

  const keys = async (kid: string, alg?: string): Promise<KeyObject | undefined> => {
    if (isOverdue(cache.age())) await cache.renew()
    else if (cache.age() >= FRESH) void cache.renew()
    if (cache.age() >= STALE) throw new KeysUnavailable(`no keys from ${issuer}`, { cause: cache.failure() })

    const known = cache.get(kid)
    if (known !== undefined) return fitting(known, alg)
    if (cache.age() >= RETRY && clock() - soughtAt >= coolDown) await seek()
    const found = cache.get(kid)
    if (found !== undefined || cache.failure() === undefined) return fitting(found, alg)
    throw new KeysUnavailable(`no newer keys from ${issuer}`, { cause: cache.failure() })
  }
  const holds = (kid: string, key: KeyObject): boolean => {
    const age = cache.age()
    if (age < FRESH) return cache.get(kid)?.key === key
    void cache.renew()
    return !isOverdue(age) && cache.get(kid)?.key === key
  }
  return Object.assign(keys, { holds })
}

const fitting = (found: SigningKey | undefined, alg: string | undefined): KeyObject | undefined =>
  found?.alg === undefined || alg === undefined || found.alg === alg ? found?.key : undefined

/** The last valid key set. A refresh never rejects; a failed one is followed by a pause. */
function keyCache(fetchAll: () => Promise<KeySet>, clock: () => number) {
  let keys: KeySet = new Map()
  let loadedAt = -Infinity
  let failedAt = -Infinity
  let failure: unknown
  const load = singleFlight(async () => {
    try {
      keys = keepingOld(keys, await fetchAll())
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

/** Keeps the object of an unchanged key, as `holds` compares identity. */
const keepingOld = (before: KeySet, now: KeySet): KeySet =>
  new Map(
    [...now].map(([kid, found]) => {
      const old = before.get(kid)
      return [kid, old !== undefined && old.alg === found.alg && old.key.equals(found.key) ? old : found]
    }),
  )
