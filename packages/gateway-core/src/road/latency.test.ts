import { describe, expect, it } from '@jest/globals'
import { Latency } from './latency.ts'

function after(share: number, times: Iterable<number>): number | undefined {
  const latency = new Latency(share)
  for (const took of times) latency.add(took)
  return latency.percentile
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('latency', () => {
  it.each([
    ['nothing of 19 answers', 0.95, range(1, 19), undefined],
    ['the 95th percentile of 20', 0.95, range(1, 20), 20],
    ['the 95th percentile of 100, in whatever order', 0.95, range(1, 100).toReversed(), 96],
    ['the median', 0.5, range(1, 100), 51],
    ['only of the latest 256', 0.5, [...range(1, 1_000).map(() => 9_999), ...range(1, 256)], 129],
  ])('knows %s', (_, share, times, value) => {
    expect(after(share, times)).toBe(value)
  })

  it('looks anew every 64 answers', () => {
    const latency = new Latency(0.5)
    for (let i = 0; i < 20; i++) latency.add(10)
    expect(latency.percentile).toBe(10)
    for (let i = 0; i < 63; i++) latency.add(50)
    expect(latency.percentile).toBe(10)
    latency.add(50)
    expect(latency.percentile).toBe(50)
  })
})
