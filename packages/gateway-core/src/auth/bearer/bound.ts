import type { Exchange } from '../../exchange.ts'
import { problem } from '../../problem.ts'
import type { Scheme } from './challenge.ts'
import { type CheckProof, proofChecker, ProofError, type ProofOptions } from './proof.ts'
import { TokenError } from '../jwt/token-error.ts'

export interface DpopOptions extends ProofOptions {
  /**
   * Whether a token may or must be bound to a key of its sender. `optional`: bound ones take a proof with each request, others
   * are mere bearer tokens. `required-on-writes`: anything but GET and HEAD takes bound ones only. `off`: bound ones are refused.
   */
  readonly mode: 'off' | 'optional' | 'required-on-writes'
}

/** What is asked of a caller beside a token that is good. */
export interface Binding {
  /** How a request of this method may carry its token, the best way last. */
  readonly schemes: (method: string) => readonly Scheme[]
  /**
   * `key`: thumbprint of the one that the token is bound to. Throws a `TokenError`; a `ProofError`, or the 503 of a store that is
   * down, when there is a proof to wait for.
   */
  readonly check: (scheme: Scheme, exchange: Exchange, token: string, key?: string) => Promise<void> | undefined
  /** For the next proof. Absent: there are none. */
  readonly nonce?: () => string
  /** Request fields that it all depends on. */
  readonly reads: readonly string[]
}

/** Bearer tokens alone. */
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
      // Whoever has only the token may have stolen it (RFC 9449 §7.2).
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
    // A proof that may be a copy proves nothing, so nobody passes while copies cannot be told.
    throw problem(503, 'identity-unavailable', {
      detail: 'Whether this proof was used before cannot be checked at present.',
      headers: { 'retry-after': '1' },
      cause: error,
    })
  }
}
