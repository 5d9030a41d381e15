import type { InternalTokens } from '../src/auth/internal-tokens.ts'
import type { Credential } from '../src/credential.ts'

/** Tokens that a test can read: whose they are. */
export const plainTokens: InternalTokens = {
  mint: (_audience, identity) => `token-of-${identity?.user.id ?? 'bff'}`,
  keySet: { keys: [] },
}

export const plainCredential: Credential = ({ identity }) => plainTokens.mint('', identity)
