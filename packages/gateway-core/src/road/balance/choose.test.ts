import { describe, expect, it } from '@jest/globals'
import { callOf, seeded } from '../../../test/call.ts'
import { exchangeOf } from '../../../test/exchange.ts'
import { complete, type Policy } from '../../policy.ts'
import { choose } from './choose.ts'
import { Instance } from './instance.ts'

const outlier = { failures: 5, ejection: 1_000, panic: 0.5 }
const nowhere = { send: () => Promise.reject(new Error('asked')), [Symbol.asyncDispose]: () => Promise.resolve() }

const instances = (weights: readonly number[], since = 0) =>
  weights.map((weight, at) => new Instance({ url: `http://h${at}`, weight, arm: 'main' }, nowhere, outlier, since))

const choice = (policy: Policy) => choose(complete(policy), seeded(1))
const key = (id: string) => callOf({ exchange: exchangeOf({ address: id }) })

/** How often each of them is chosen in so many calls, none of which ends before the next. */
function shares(policy: Policy, among: readonly Instance[], calls: number, now = 0): number[] {
  const pick = choice(policy)
  const counts = among.map(() => 0)
  for (let nth = 0; nth < calls; nth++) counts[among.indexOf(pick(among, key(`key ${nth}`), now))]!++
  return counts
}

describe('least-busy', () => {
  it('G13: avoids the one that is busy', () => {
    const among = instances([1, 1, 1])
    among[1]!.inFlight = 10
    expect(shares({}, among, 300)[1]).toBe(0)
  })

  it('G13: keeps the calls under way level, by weight', () => {
    const among = instances([3, 1, 1])
    const pick = choice({})
    for (let nth = 0; nth < 500; nth++) pick(among, callOf(), 0).inFlight++
    const [heavy, ...light] = among.map(({ inFlight }) => inFlight)
    expect(heavy).toBeGreaterThan(290)
    expect(heavy).toBeLessThan(310)
    for (const count of light) expect(Math.abs(count - 100)).toBeLessThan(6)
  })

  it('G13: shares idle ones by weight', () => {
    const [heavy, light] = shares({}, instances([3, 1]), 4_000)
    expect(heavy! / light!).toBeGreaterThan(2.7)
    expect(heavy! / light!).toBeLessThan(3.3)
  })

  it('G13: never finds none, whatever is drawn', () => {
    for (const drawn of [0, 0.5, 0.999999999, 1]) {
      const among = instances([1, 2, 3])
      expect(among).toContain(choose(complete({}), () => drawn)(among, callOf(), 0))
    }
  })
})

describe('round-robin', () => {
  it('G13: is exact and smooth', () => {
    const among = instances([3, 1])
    const pick = choice({ balance: 'round-robin' })
    const order = Array.from({ length: 8 }, () => among.indexOf(pick(among, callOf(), 0)))
    expect(order).toEqual([0, 0, 1, 0, 0, 0, 1, 0])
  })

  it('G13: 5, 1, 1 as nginx has it', () => {
    const among = instances([5, 1, 1])
    const pick = choice({ balance: 'round-robin' })
    const order = Array.from({ length: 7 }, () => among.indexOf(pick(among, callOf(), 0)))
    expect(order).toEqual([0, 0, 1, 0, 2, 0, 0])
  })
})

describe('hash', () => {
  const pick = choice({ balance: 'hash' })
  const keys = Array.from({ length: 10_000 }, (_, nth) => key(`user ${nth}`))

  it('G13: sends one key to one instance, whatever is busy and in whatever order they stand', () => {
    const among = instances([1, 1, 1])
    const first = keys.map((call) => pick(among, call, 0))
    among[0]!.inFlight = 1_000
    expect(keys.map((call) => pick(among.toReversed(), call, 0))).toEqual(first)
  })

  it('G13: shares keys by weight', () => {
    const [a, b, c] = shares({ balance: 'hash' }, instances([2, 1, 1]), 10_000)
    expect(Math.abs(a! - 5_000)).toBeLessThan(250)
    expect(Math.abs(b! - 2_500)).toBeLessThan(250)
    expect(Math.abs(c! - 2_500)).toBeLessThan(250)
  })

  it('G13: when one of five leaves, only its keys move', () => {
    const among = instances([1, 1, 1, 1, 1])
    const gone = among[2]!
    const rest = among.filter((one) => one !== gone)
    const before = keys.map((call) => pick(among, call, 0))
    const moved = keys.filter((call, nth) => pick(rest, call, 0) !== before[nth])
    expect(moved).toHaveLength(before.filter((one) => one === gone).length)
    expect(moved.length).toBeLessThan(2_200)
  })
})

describe('slow start', () => {
  it.each([
    [0, 0.1],
    [500, 0.55],
    [1_000, 1],
    [9_000, 1],
  ])('G14: %i ms after it was found it has %d of its weight', (age, share) => {
    const [one] = instances([10], 5_000)
    expect(one!.weightAt(5_000 + age, 1_000)).toBeCloseTo(10 * share)
  })

  it.each<Policy['balance']>(['least-busy', 'round-robin', 'hash'])('G14: %s goes by it', (balance) => {
    const among = [...instances([1], 0), ...instances([1, 1], 10_000).slice(1)]
    const [old, fresh] = shares({ balance: balance!, slowStart: 1_000 }, among, 1_100, 10_000)
    expect(fresh).toBeGreaterThan(60)
    expect(fresh).toBeLessThan(140)
    expect(old! + fresh!).toBe(1_100)
  })
})
