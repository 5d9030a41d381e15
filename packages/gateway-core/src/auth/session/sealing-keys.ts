import { hkdfSync } from 'node:crypto'

/** The server's keys; each entry names the one that sealed it. */
export interface SealingKeys {
  /** Id of the first key, which seals. */
  readonly current: string
  /**
   * A 32-byte key for one purpose; with a `salt`, both are needed to derive it. `undefined` if that key is not in the
   * ring (any more).
   */
  derive(key: string, purpose: string, salt?: string): Uint8Array | undefined
}

/**
 * The first key seals, all of them open. Append a new one until every process has it, then move it first; remove the
 * old one when everything it sealed has expired (docs/guides/rotate-keys.md). Throws without a key of 32 characters.
 */
export function sealingKeys(keys: readonly string[]): SealingKeys {
  if (keys.length === 0 || keys.some((key) => key.length < 32)) {
    throw new TypeError('at least one session key is required, each of at least 32 characters')
  }
  // Ids are derived from the key, so they need no numbering and are unambiguous.
  const byId = new Map(
    keys.map((key) => [Buffer.from(hkdfSync('sha256', key, '', 'id', 6)).toString('base64url'), key]),
  )
  return {
    current: [...byId.keys()][0]!,
    derive: (id, purpose, salt = '') => {
      const key = byId.get(id)
      return key === undefined ? undefined : new Uint8Array(hkdfSync('sha256', key, salt, purpose, 32))
    },
  }
}
