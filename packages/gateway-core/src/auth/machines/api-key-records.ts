import type { Variable } from '../../env.ts'

/** A registered API key, without the key itself. */
export interface ApiKeyRecord {
  /** The key's public part: 16 hex digits. */
  readonly id: string
  /** The client it belongs to. */
  readonly client: string
  /** SHA-256 of the whole key, in hex. */
  readonly hash: string
  readonly scopes: readonly string[]
  /** Epoch milliseconds, like `expiresAt`. */
  readonly createdAt: number
  readonly expiresAt: number
}

interface Entry {
  readonly [member: string]: unknown
}

/**
 * Keys from the environment, as printed by `npm run api-key`: a JSON array of `{ id, client, hash, scopes, created,
 * expires }` with dates like `2027-01-31T00:00:00Z`. Every key expires. Invalid input is not echoed, as it may be a key
 * by mistake.
 */
export const apiKeyRecords: Variable<readonly ApiKeyRecord[]> = {
  parse: (text) => {
    const entries: unknown = JSON.parse(text)
    if (!Array.isArray(entries)) throw new TypeError('not an array')
    const records = (entries as readonly Entry[]).map(recordOf)
    if (new Set(records.map(({ id }) => id)).size < records.length) throw new TypeError('duplicate id')
    return records
  },
  shape: 'a JSON array of keys, as `npm run api-key` prints them: hashes, never keys',
  example: '<secret>',
  hidden: true,
  fallback: '[]',
}

function recordOf({ id, client, hash, scopes, created, expires }: Entry): ApiKeyRecord {
  const createdAt = Date.parse(String(created))
  const expiresAt = Date.parse(String(expires))
  if (
    !matches(/^[0-9a-f]{16}$/, id) ||
    !matches(/^[\w.-]{1,64}$/, client) ||
    !matches(/^[0-9a-f]{64}$/, hash) ||
    !Array.isArray(scopes) ||
    !scopes.every((scope) => matches(/^[\x21\x23-\x5b\x5d-\x7e]+$/, scope)) ||
    !(createdAt < expiresAt)
  )
    throw new TypeError('invalid key')
  return { id, client, hash, scopes, createdAt, expiresAt }
}

const matches = (shape: RegExp, value: unknown): value is string => typeof value === 'string' && shape.test(value)
