import { LRUCache } from 'lru-cache'
import type { Identity } from '../../exchange.ts'

export interface Verified {
  readonly identity: Identity
  /** Thumbprint of the key that a proof must show (RFC 9449 §6.1). */
  readonly key: string | undefined
  /** Whether its issuer still publishes its signing key. */
  readonly holds: () => boolean
}

export interface Remembered {
  /** Maximum number of tokens. Default 10 000. */
  readonly tokens?: number | undefined
  /** Approximate maximum memory. Default 32 MiB. */
  readonly bytes?: number | undefined
}

/** Measured memory per token: bytes per character, plus a fixed part. */
const perCharacter = 3
const perToken = 1_024

/**
 * Cache of verified tokens. The whole token is the key: one that differs in any character is verified again. Look-ups
 * are by hash, so their timing reveals nothing about unknown tokens. Only valid tokens are kept, evicted least recently
 * used first, so a flood of invalid ones evicts none. An entry ends with its token, or when the issuer stops publishing
 * its signing key.
 */
export function verifiedTokens({ tokens = 10_000, bytes = 32 << 20 }: Remembered, clock: () => number) {
  const kept = new LRUCache<string, Verified>({
    max: tokens,
    maxSize: bytes,
    sizeCalculation: (_, token) => token.length * perCharacter + perToken,
  })
  return {
    get: (token: string): Verified | undefined => {
      const found = kept.get(token)
      if (found === undefined || (clock() < found.identity.expiresAt && found.holds())) return found
      kept.delete(token)
      return undefined
    },
    add: (token: string, verified: Verified): void => {
      if (clock() < verified.identity.expiresAt) kept.set(token, verified)
    },
  }
}
