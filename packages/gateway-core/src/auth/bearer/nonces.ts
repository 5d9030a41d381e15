import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** Milliseconds between new nonces. */
const turn = 60_000
/** Further turns for which a nonce stays valid. */
const turns = 5
const stamp = 6
const tag = 16

/** Longest validity of a nonce in milliseconds. */
export const nonceLife = turn * (turns + 1)

export interface Nonces {
  readonly current: () => string
  readonly isGood: (nonce: unknown) => boolean
}

/**
 * Server nonces (RFC 9449 §8): a time and its MAC, so that nobody can make one in advance, every process with the same
 * secrets accepts it, and none is stored. A new one each minute, valid for five more. The first secret signs, all are
 * accepted. Throws a `TypeError` without a secret of 32 characters.
 */
export function nonces(secrets: readonly string[], clock: () => number): Nonces {
  if (secrets.length === 0 || secrets.some((secret) => secret.length < 32))
    throw new TypeError('DPoP nonces need at least one secret, each of at least 32 characters')
  const keys = secrets.map((secret) => new Uint8Array(hkdfSync('sha256', secret, '', 'dpop nonce', 32)))
  const made = (at: number, key = keys[0]!): Buffer => {
    const bytes = Buffer.alloc(stamp + tag)
    bytes.writeUIntBE(at, 0, stamp)
    createHmac('sha256', key).update(bytes.subarray(0, stamp)).digest().copy(bytes, stamp)
    return bytes
  }
  const now = () => Math.floor(clock() / turn)
  return {
    current: () => made(now()).toString('base64url'),
    isGood: (nonce) => {
      if (typeof nonce !== 'string' || nonce.length !== 30) return false
      const bytes = Buffer.from(nonce, 'base64url')
      if (bytes.length !== stamp + tag || bytes.toString('base64url') !== nonce) return false
      const at = bytes.readUIntBE(0, stamp)
      // Another process's clock may be ahead.
      return at <= now() + 1 && at >= now() - turns && keys.some((key) => timingSafeEqual(bytes, made(at, key)))
    },
  }
}
