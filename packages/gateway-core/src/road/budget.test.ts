import { describe, expect, it } from '@jest/globals'
import { RetryBudget } from './budget.ts'
import { seeded } from '../../test/call.ts'

const times = (count: number, act: () => unknown): unknown[] => Array.from({ length: count }, act)
const granted = (budget: RetryBudget, asked: number): number => times(asked, () => budget.take()).filter(Boolean).length

describe('budget', () => {
  it.each([
    ['3 at least', 0, 3],
    ['3 at least', 15, 3],
    ['a share of the calls under way', 40, 8],
    ['no more at once than the bucket holds', 1_000, 100],
  ])('U-21: lets %s go on at a time: %i calls, %i extra', (_, calls, extras) => {
    const budget = new RetryBudget(0.2)
    times(calls, () => budget.begin())
    expect(granted(budget, 300)).toBe(extras)
  })

  it('U-21: frees a place when an extra attempt is over, and a share when a call is', () => {
    const budget = new RetryBudget(0.2)
    times(30, () => budget.begin())
    expect(granted(budget, 10)).toBe(6)
    budget.give()
    expect(granted(budget, 10)).toBe(1)
    times(10, () => budget.end())
    times(2, () => budget.give())
    expect(granted(budget, 10)).toBe(0)
    budget.give()
    expect(granted(budget, 10)).toBe(1)
  })

  it('G10: gains a share of a token with each call once the burst is spent', () => {
    const budget = new RetryBudget(0.25)
    const one = () => {
      budget.begin()
      const more = budget.take()
      if (more) budget.give()
      budget.end()
      return more
    }
    times(20, one)
    expect(times(8, one).filter(Boolean)).toHaveLength(2)
  })

  it('G10: allows nothing when the share is 0', () => {
    const budget = new RetryBudget(0)
    budget.begin()
    expect(budget.take()).toBe(false)
  })

  it.each([1, 2, 3, 4, 5])('G10: keeps both bounds whatever begins and ends when (seed %i)', (seed) => {
    const random = seeded(seed)
    const budget = new RetryBudget(0.2)
    let [calls, underWay, extras, extra] = [0, 0, 0, 0]
    for (let step = 0; step < 20_000; step++) {
      const dice = random()
      if (dice < 0.25) {
        budget.begin()
        calls++
        underWay++
      } else if (dice < 0.4 && underWay > 0) {
        budget.end()
        underWay--
      } else if (dice < 0.75) {
        if (!budget.take()) continue
        extras++
        extra++
        expect(extra).toBeLessThanOrEqual(Math.max(3, Math.ceil(0.2 * underWay)))
        expect(extras).toBeLessThanOrEqual(0.2 * calls + 10)
      } else if (extra > 0) {
        budget.give()
        extra--
      }
    }
    expect(extras).toBeGreaterThan(100)
  })
})
