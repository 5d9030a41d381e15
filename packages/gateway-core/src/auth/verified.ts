import { LRUCache } from 'lru-cache'
import type { Identity } from '../exchange.ts'

export interface Verified {
  readonly identity: Identity
  /** Thumbprint of the key that must be shown with the token (RFC 9449 §6.1). */
  readonly key: string | undefined
  /** Whether its key still is one of its issuer. */
  readonly holds: () => boolean
}

export interface Remembered {
  /** Most tokens. Default 10 000. */
  readonly tokens?: number | undefined
  /** Most bytes of memory, about. Default 32 MiB. */
  readonly bytes?: number | undefined
}

/** What the objects made of a token take, as a multiple of its length, and what each takes beside. Measured. */
const perCharacter = 3
const perToken = 1_024

/**
 * Tokens that were verified. All of a token is the question: one that differs in any character is verified anew. They are found by
 * hash, so the time it takes says nothing of a token that is not known. Only good ones are kept and those longest unused go
 * first, so a flood of bad ones takes the place of none. What is kept ends with its token, and when its issuer does not publish
 * the key that signed it any more.
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
