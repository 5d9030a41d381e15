import { describe, expect, it } from '@jest/globals'
import { type Shape, shapes } from './shapes.ts'

const of = (kind: string, ...numbers: number[]): Shape => shapes[kind]!(...numbers)

describe('what a shape covers', () => {
  it.each([
    ['box', [10, 20, 30, 40], [11, 21], [9, 30]],
    ['box', [0, 0, 40, 40, 20], [20, 1], [2, 2]],
    ['disc', [50, 50, 20, 10], [69, 50], [50, 61]],
    ['dome', [50, 50, 20, 20], [50, 31], [50, 51]],
    ['bowl', [50, 50, 20, 20], [50, 69], [50, 49]],
    ['ring', [50, 50, 20, 4], [71, 50], [50, 50]],
    ['line', [10, 10, 50, 50, 4], [31, 30], [34, 30]],
    ['line', [10, 10, 50, 10, 8], [7, 10], [5, 10]],
    ['leaf', [10, 50, 90, 50, 20], [50, 59], [50, 61]],
    ['leaf', [10, 50, 90, 50, 20], [12, 50], [12, 53]],
    ['leaf', [20, 20, 80, 80, 30], [60, 40], [65, 35]],
    ['poly', [0, 0, 40, 0, 0, 40], [10, 10], [30, 30]],
    ['poly', [0, 0, 40, 0, 40, 40, 20, 10, 0, 40], [5, 20], [20, 30]],
  ] as const)('%s %j: %j, and not %j', (kind, numbers, [inX, inY], [outX, outY]) => {
    const shape = of(kind, ...numbers)
    expect(shape.covers(inX, inY)).toBe(true)
    expect(shape.covers(outX, outY)).toBe(false)
  })

  it.each([
    ['box', [10, 20, 30, 40, 6]],
    ['disc', [50, 50, 20, 10]],
    ['dome', [50, 50, 20, 10]],
    ['bowl', [50, 50, 20, 10]],
    ['ring', [50, 50, 20, 4]],
    ['line', [60, 50, 20, 30, 6]],
    ['leaf', [10, 50, 90, 50, 20]],
    ['poly', [20, 20, 70, 30, 40, 80]],
  ] as const)('lies within the bounds of a %s and touches each', (kind, numbers) => {
    const { bounds, covers } = of(kind, ...numbers)
    const covered = Array.from(
      { length: 400 * 400 },
      (_, at) => [(at % 400) / 4, Math.floor(at / 400) / 4] as const,
    ).filter(([x, y]) => covers(x, y))
    const [xs, ys] = [covered.map(([x]) => x), covered.map(([, y]) => y)]
    const found = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
    for (const [edge, value] of found.entries()) expect(Math.abs(value - bounds[edge]!)).toBeLessThanOrEqual(0.75)
    expect(found[0]).toBeGreaterThanOrEqual(bounds[0])
    expect(found[1]).toBeGreaterThanOrEqual(bounds[1])
  })
})
