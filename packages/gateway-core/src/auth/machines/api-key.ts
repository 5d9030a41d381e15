import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Exchange, Identity } from '../../exchange.ts'
import { problem, type Problem } from '../../problem.ts'
import type { Carried } from './any-of.ts'
import type { ApiKeyRecord } from './api-key-records.ts'
import { audit } from '../audit.ts'

export interface ApiKeyOptions {
  readonly keys: readonly ApiKeyRecord[]
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/** The prefix identifies it to secret scanners; the id identifies it to us without the secret. */
const shape = /^bffk_([0-9a-f]{16})\.[\w-]{43}$/

/**
 * Authenticates machines by `Authorization: ApiKey bffk_<id>.<secret>`. Only the hash is stored: 256 random bits need
 * no slow one. A client may have several keys, for rotation without interruption.
 *
 * The user id is `client:<client>`, which no person's id may look like. 401 `key-missing`, or `key-invalid` without a
 * reason, which is in the audit log.
 */
export function apiKeys({ keys, clock = Date.now }: ApiKeyOptions): Carried {
  const known = new Map(keys.map((record) => [record.id, { record, hash: Buffer.from(record.hash, 'hex') }]))
  const noHash = randomBytes(32)
  const authenticate = async (exchange: Exchange): Promise<Identity> => {
    const key = keyIn(exchange)
    if (key === undefined) throw refusal('key-missing')
    const id = shape.exec(key)?.[1] ?? ''
    const found = known.get(id)
    const same = timingSafeEqual(hash('sha256', key, 'buffer'), found?.hash ?? noHash)
    const fault = faultOf(found?.record, same, clock())
    if (found !== undefined && fault === undefined) return identityOf(found.record)
    audit(exchange.log)('authn_login_fail', {
      exchange,
      client: found?.record.client,
      tokenId: found?.record.id,
      reason: fault,
    })
    throw refusal('key-invalid')
  }
  return Object.assign(authenticate, {
    reads: ['authorization'],
    carries: (exchange: Exchange) => keyIn(exchange) !== undefined,
  })
}

function faultOf(record: ApiKeyRecord | undefined, same: boolean, now: number): string | undefined {
  if (record === undefined) return 'key-unknown'
  if (!same) return 'key-wrong'
  return record.expiresAt > now ? undefined : 'key-expired'
}

const keyIn = ({ headers }: Pick<Exchange, 'headers'>): string | undefined =>
  /^apikey +(.*)$/i.exec(headers.authorization ?? '')?.[1]

const identityOf = ({ id, client, scopes, createdAt, expiresAt }: ApiKeyRecord): Identity => ({
  user: { id: `client:${client}`, scopes: new Set(scopes), claims: {} },
  by: 'api-key',
  client,
  tokenId: id,
  issuedAt: createdAt,
  expiresAt,
})

const refusal = (code: 'key-missing' | 'key-invalid'): Problem =>
  problem(401, code, { headers: { 'www-authenticate': 'ApiKey' } })

/** A new key, to be shown once, and what the app's environment stores of it. */
export function newApiKey(random: (size: number) => Buffer = randomBytes): {
  readonly key: string
  readonly id: string
  readonly hash: string
} {
  const id = random(8).toString('hex')
  const key = `bffk_${id}.${random(32).toString('base64url')}`
  return { key, id, hash: hash('sha256', key) }
}
