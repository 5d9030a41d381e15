import type { FullPolicy } from '../../policy.ts'
import type { Call } from '../call.ts'
import { drawn, hash } from '../../hash.ts'
import type { Instance } from './instance.ts'

/** Picks one of at least one instance. */
export type Choose = (among: readonly Instance[], call: Call, now: number) => Instance

/** The way of choosing that a policy names. */
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
 * The power of two choices (Mitzenmacher, 2001): of two drawn at random, by weight, the one with fewer calls under way for
 * its weight. When they are level the first stands, so that idle instances share by weight too. What lasts is only counted for what
 * will last: else a new instance would get every call, until as many listened there as at the others.
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

/** Smooth weighted round robin, as nginx has it: 3 to 1 is a a b a, never a a a b. */
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
 * Rendezvous hashing by weight (Thaler and Ravishankar, 1998): a key stays where it is as long as its instance is there, and
 * of a new instance's keys each comes straight to it.
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
