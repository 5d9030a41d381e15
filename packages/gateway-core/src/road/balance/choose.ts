import type { FullPolicy } from '../../policy.ts'
import type { Call } from '../call.ts'
import { drawn, hash } from '../../hash.ts'
import type { Instance } from './instance.ts'

/** Picks one of at least one instance. */
export type Choose = (among: readonly Instance[], call: Call, now: number) => Instance

/** The balancing algorithm of a policy. */
export function choose(
  { balance, slowStart, stickyKey }: Pick<FullPolicy, 'balance' | 'slowStart' | 'stickyKey'>,
  random: () => number = Math.random,
): Choose {
  const weigh = slowStart === 0 ? constant : (one: Instance, now: number) => one.weightAt(now, slowStart)
  if (balance === 'hash') return rendezvous(stickyKey, weigh)
  return balance === 'round-robin' ? inTurn(weigh) : leastBusy(weigh, random)
}

type Weigh = (instance: Instance, now: number) => number

const constant: Weigh = (instance) => instance.address.weight

/**
 * Power of two choices (Mitzenmacher, 2001): of two drawn at random by weight, picks the one with fewer calls in flight
 * for its weight. A tie goes to the first, so that idle instances share by weight too. Long-lived calls are counted
 * only among themselves: otherwise a new instance would get every call, until it held as many listeners as the others.
 */
function leastBusy(weigh: Weigh, random: () => number): Choose {
  return (among, { lasting }, now) => {
    if (among.length === 1) return among[0]!
    const busy = lasting === true ? 'open' : 'inFlight'
    let total = 0
    for (const one of among) total += weigh(one, now)
    const first = draw(among, random() * total, undefined)
    const second = draw(among, random() * (total - weigh(first, now)), first)
    return second[busy] * weigh(first, now) < first[busy] * weigh(second, now) ? second : first

    function draw(from: readonly Instance[], at: number, but: Instance | undefined): Instance {
      let left = at
      let last = from[0]!
      for (const one of from) {
        if (one === but) continue
        last = one
        left -= weigh(one, now)
        if (left < 0) break
      }
      return last
    }
  }
}

/** Smooth weighted round robin, as in nginx: 3 to 1 gives a a b a, never a a a b. */
function inTurn(weigh: Weigh): Choose {
  return (among, _, now) => {
    let total = 0
    let best = among[0]!
    for (const one of among) {
      const weight = weigh(one, now)
      total += weight
      one.owed += weight
      if (one.owed > best.owed) best = one
    }
    best.owed -= total
    return best
  }
}

/**
 * Weighted rendezvous hashing (Thaler and Ravishankar, 1998): a key keeps its instance while that exists, and a new
 * instance only takes keys for itself.
 */
function rendezvous(stickyKey: FullPolicy['stickyKey'], weigh: Weigh): Choose {
  return (among, call, now) => {
    if (among.length === 1) return among[0]!
    const key = hash(stickyKey(call.exchange))
    let best = among[0]!
    let most = 0
    for (const one of among) {
      const score = weigh(one, now) / -Math.log(drawn(key, one.salt))
      if (score > most) {
        most = score
        best = one
      }
    }
    return best
  }
}
