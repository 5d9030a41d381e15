import { describe, expect, it } from '@jest/globals'
import { renewalOf } from './talk.ts'

describe('E-7: another proof is asked for', () => {
  it.each([
    ['60 s before the end', 300_000, 240_000],
    ['60 s before the end of one that lives twice as long', 120_000, 60_000],
    ['halfway through a shorter one, so that it is not asked for without end', 40_000, 20_000],
    ['never, of one that has no end', Infinity, Infinity],
  ])('%s', (_, expiresAt, expected) => {
    expect(renewalOf(expiresAt, 0)).toBe(expected)
  })
})
