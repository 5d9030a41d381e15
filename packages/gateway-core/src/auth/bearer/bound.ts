import type { Exchange } from '../../exchange.ts'
import { problem } from '../../problem.ts'
import type { Scheme } from './challenge.ts'
import { type CheckProof, proofChecker, ProofError, type ProofOptions } from './proof.ts'
import { TokenError } from '../jwt/token-error.ts'

export interface DpopOptions extends ProofOptions {
  /**
   * Whether tokens may or must be bound to a sender's key. `optional`: bound ones require a proof with each request,
   * others are bearer tokens. `required-on-writes`: any method but GET and HEAD requires a bound one. `off`: bound ones
   * are refused.
   */
  readonly mode: 'off' | 'optional' | 'required-on-writes'
}

/** What is required besides a valid token. */
export interface Binding {
  /** Schemes accepted for this method, the preferred one last. */
  readonly schemes: (method: string) => readonly Scheme[]
  /**
   * `key`: thumbprint of the key the token is bound to. Throws a `TokenError`; the promise rejects with a `ProofError`,
   * or with 503 if the store is down.
   */
  readonly check: (scheme: Scheme, exchange: Exchange, token: string, key?: string) => Promise<void> | undefined
  /** Nonce for the next proof. Absent: proofs are off. */
  readonly nonce?: () => string
  /** Request headers the check reads. */
  readonly reads: readonly string[]
}

/** Bearer tokens only. */
const unbound: Binding = {
  schemes: () => ['Bearer'],
  check: (_scheme, _exchange, _token, key) => {
    if (key !== undefined) throw new TokenError('sender-constrained')
    return undefined
  },
  reads: ['authorization'],
}

const both: readonly Scheme[] = ['Bearer', 'DPoP']
const dpopOnly: readonly Scheme[] = ['DPoP']

export function binding(options: DpopOptions | undefined, clock: () => number): Binding {
  if (options === undefined || options.mode === 'off') return unbound
  const { check, nonce } = proofChecker(options, clock)
  const strict = options.mode === 'required-on-writes'
  return {
    schemes: (method) => (strict && method !== 'GET' && method !== 'HEAD' ? dpopOnly : both),
    check: (scheme, exchange, token, key) => {
      // Without a proof, the token may be stolen (RFC 9449 §7.2).
      if (scheme === 'Bearer' && key !== undefined) throw new TokenError('sender-constrained')
      if (scheme === 'Bearer') return undefined
      if (key === undefined) throw new TokenError('unbound')
      return proven(check, exchange, token, key)
    },
    nonce,
    reads: ['authorization', 'dpop'],
  }
}

async function proven(check: CheckProof, exchange: Exchange, token: string, jkt: string): Promise<void> {
  try {
    await check(exchange, token, jkt)
  } catch (error) {
    if (error instanceof ProofError) throw error
    // A possible replay proves nothing, so fail closed while replays cannot be detected.
    throw problem(503, 'identity-unavailable', {
      detail: 'Whether this proof was used before cannot be checked at present.',
      headers: { 'retry-after': '1' },
      cause: error,
    })
  }
}
