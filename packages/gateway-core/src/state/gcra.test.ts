import { describe, expect, it } from '@jest/globals'
import { gcra, type Rate } from './gcra.ts'

/** A bucket with a clock: the answers to several requests. */
function bucket(rate: Rate) {
  let full: number | undefined
  return (now: number, cost = 1) => {
    const result = gcra(full, now, { ...rate, cost })
    full = result.full
    return result.taken
  }
}

/** mulberry32: the same arrivals in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('gcra', () => {
  it('gives the burst at once, then one unit each interval', () => {
    const take = bucket({ interval: 100, burst: 3 })
    expect([take(0), take(0), take(0)].map(({ remaining, reset }) => [remaining, reset])).toEqual([
      [2, 100],
      [1, 200],
      [0, 300],
    ])
    expect(take(0)).toEqual({ allowed: false, remaining: 0, retryAfter: 100, reset: 300 })
    expect(take(99)).toMatchObject({ allowed: false, retryAfter: 1 })
    expect(take(100)).toMatchObject({ allowed: true, remaining: 0, retryAfter: 0 })
    expect(take(100).allowed).toBe(false)
    expect(take(10_000)).toMatchObject({ allowed: true, remaining: 2, reset: 100 })
  })

  it('what is refused costs nothing', () => {
    const take = bucket({ interval: 100, burst: 1 })
    take(0)
    for (let now = 1; now < 100; now++) expect(take(now).allowed).toBe(false)
    expect(take(100).allowed).toBe(true)
  })

  it('costs what it costs, and all there is when it costs more than there can be', () => {
    const take = bucket({ interval: 100, burst: 10 })
    expect(take(0, 4)).toMatchObject({ allowed: true, remaining: 6 })
    expect(take(0, 7)).toMatchObject({ allowed: false, remaining: 6, retryAfter: 100 })
    expect(take(0, 6)).toMatchObject({ allowed: true, remaining: 0 })
    expect(take(999, 50)).toMatchObject({ allowed: false, retryAfter: 1 })
    expect(take(1_000, 50)).toMatchObject({ allowed: true, remaining: 0 })
    expect(take(1_000, 0)).toMatchObject({ allowed: true })
  })

  it('gives the whole burst whatever fractions an interval has, with the epoch as its clock', () => {
    for (const burst of [3, 7, 11, 13, 97, 333, 9_973]) {
      const take = bucket({ interval: 60_000 / burst, burst })
      const allowed = Array.from({ length: burst + 1 }, () => take(1_795_000_000_000).allowed)
      expect(allowed.filter(Boolean)).toHaveLength(burst)
    }
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'never more than quota and burst in any window, however they arrive (seed %i)',
    (seed) => {
      const random = seeded(seed)
      const quota = 1 + Math.floor(random() * 50)
      const burst = 1 + Math.floor(random() * 50)
      const window = 100 + random() * 10_000
      const take = bucket({ interval: window / quota, burst })
      const passed: { at: number; cost: number }[] = []
      let now = 0
      for (let nth = 0; nth < 3_000; nth++) {
        // Bursts, steady streams and pauses.
        now += random() < 0.6 ? 0 : random() < 0.95 ? (random() * 2 * window) / quota : random() * window * 2
        const cost = random() < 0.8 ? 1 : 1 + Math.floor(random() * burst)
        if (take(now, cost).allowed) passed.push({ at: now, cost })
      }
      expect(passed.length).toBeGreaterThan(100)
      let units = 0
      let first = 0
      for (const { at, cost } of passed) {
        units += cost
        while (passed[first]!.at <= at - window) units -= passed[first++]!.cost
        expect(units).toBeLessThanOrEqual(quota + burst)
      }
    },
  )

  it('a client that waits as long as it is told is never refused again', () => {
    const random = seeded(9)
    const take = bucket({ interval: 70, burst: 5 })
    let now = 0
    for (let nth = 0; nth < 2_000; nth++) {
      now += random() * 60
      const first = take(now, 2)
      if (first.allowed) continue
      now += first.retryAfter
      expect(take(now, 2).allowed).toBe(true)
    }
  })

  it('X-12: a clock that goes back an hour locks nobody out for longer than a bucket takes to fill', () => {
    const take = bucket({ interval: 100, burst: 3 })
    const hour = 3_600_000
    for (let nth = 0; nth < 3; nth++) take(hour)
    expect(take(0)).toEqual({ allowed: false, remaining: 0, retryAfter: 100, reset: 300 })
    expect(take(100).allowed).toBe(true)
  })

  it('X-12: a clock that goes forward an hour gives one burst, not an hour of them', () => {
    const take = bucket({ interval: 100, burst: 3 })
    for (let nth = 0; nth < 3; nth++) take(0)
    const allowed = Array.from({ length: 10 }, () => take(3_600_000).allowed)
    expect(allowed.filter(Boolean)).toHaveLength(3)
  })
})
