import { describe, expect, it } from '@jest/globals'
import { ratio, spreadOf } from './spread.ts'

describe('spread', () => {
  it.each([
    { values: [3], median: 3 },
    { values: [9, 1, 2], median: 2 },
    { values: [10, 1, 2, 4], median: 3 },
  ])('of $values has the median $median', ({ values, median }) => {
    expect(spreadOf(values)).toEqual({ median, min: Math.min(...values), max: Math.max(...values) })
  })

  it('compares with the floor of the same round, so that a slow round of both is none', () => {
    expect(ratio([20, 60, 20], [10, 30, 10])).toEqual({ median: 2, min: 2, max: 2 })
  })
})
