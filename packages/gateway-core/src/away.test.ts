import { describe, expect, it } from '@jest/globals'
import { stagger } from './away.ts'

describe('E-5: clients that are sent away', () => {
  it.each([10, 100, 1_000])('come back at times that leave no gap and no crowd, %s of them', (clients) => {
    const next = stagger(10_000, () => 0.3)
    const times = Array.from({ length: clients }, next).toSorted((a, b) => a - b)
    expect(times[0]).toBeGreaterThanOrEqual(250)
    expect(times.at(-1)).toBeLessThanOrEqual(10_250)
    const gaps = times.slice(1).map((time, nth) => time - times[nth]!)
    const even = 10_000 / clients
    expect(Math.max(...gaps)).toBeLessThan(2.7 * even)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(Math.floor(even / 3))
  })

  it('of two processes come back at different times', () => {
    const [one, other] = [stagger(5_000, () => 0.1), stagger(5_000, () => 0.7)]
    expect(one()).not.toBe(other())
  })
})
