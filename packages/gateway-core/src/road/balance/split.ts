import type { Exchange } from '../../exchange.ts'
import type { FullPolicy } from '../../policy.ts'
import { drawn, hash } from '../../hash.ts'

/** Another salt than any instance's, so that who is in an arm says nothing about which of its instances is theirs. */
const salt = 0x9e3779b9

type ArmOf = (exchange: Exchange) => string

/** Which arm an exchange belongs to: always the same for one sticky key, as long as the shares stay. Undefined when all are of `main`. */
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
