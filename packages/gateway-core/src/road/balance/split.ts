import type { Exchange } from '../../exchange.ts'
import type { FullPolicy } from '../../policy.ts'
import { drawn, hash } from '../../hash.ts'

/** Distinct from every instance's salt, so that a key's arm does not correlate with its instance. */
const salt = 0x9e3779b9

type ArmOf = (exchange: Exchange) => string

/**
 * Assigns an exchange to an arm: stable for a sticky key, as long as the shares do not change. Undefined when all
 * traffic is `main`'s.
 */
export function split({ split: shares, stickyKey }: Pick<FullPolicy, 'split' | 'stickyKey'>): ArmOf | undefined {
  const arms = Object.entries(shares)
  if (arms.length === 0) return undefined
  return (exchange) => {
    let at = drawn(hash(stickyKey(exchange)), salt)
    for (const [arm, share] of arms) {
      at -= share
      if (at < 0) return arm
    }
    return 'main'
  }
}
