import { describe, expect, it } from '@jest/globals'
import { turns } from './turns.ts'

const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('turns', () => {
  it('U-20: at most so many at a time, in the order they came, whatever becomes of them', async () => {
    const turn = turns(2)
    const begun: number[] = []
    const work = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const results = work.map(({ promise }, nth) =>
      turn(() => {
        begun.push(nth)
        return promise
      }).catch(() => 'failed'),
    )
    await settle()
    expect(begun).toEqual([0, 1])
    work[1]!.reject(new Error('no'))
    await settle()
    expect(begun).toEqual([0, 1, 2])
    for (const { resolve } of work) resolve()
    expect(await Promise.all(results)).toEqual([undefined, 'failed', undefined, undefined, undefined])
    expect(begun).toEqual([0, 1, 2, 3, 4])
  })
})
