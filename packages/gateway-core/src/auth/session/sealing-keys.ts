import { hkdfSync } from 'node:crypto'

/** Keys of the server, of which each entry says which one sealed it. */
export interface SealingKeys {
  /** Of the first key: the one that seals. */
  readonly current: string
  /** 32 bytes for one purpose; with a `salt` they take both to make. `undefined` when that key is not in the ring (any more). */
  derive(key: string, purpose: string, salt?: string): Uint8Array | undefined
}

/**
 * The first key seals, each of them opens. A new one therefore stands last until every process has it, then first; the old one goes
 * when whatever it has sealed is over (docs/guides/rotate-keys.md). Throws without a key of 32 characters.
 */
export function sealingKeys(keys: readonly string[]): SealingKeys {
  if (keys.length === 0 || keys.some((key) => key.length < 32)) {
    throw new TypeError('session keys: at least one, each of at least 32 characters')
  }
  // Named after itself, so that no one has to number keys, and a name never means two of them.
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
