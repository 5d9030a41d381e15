import { describe, expect, it } from '@jest/globals'
import { saidBy } from './said.ts'

describe('saidBy', () => {
  it('reads equal values once', () => {
    expect(saidBy('max-age=1')).toBe(saidBy('max-age=1'))
    expect(saidBy(['max-age=1', 'private'])).toBe(saidBy('max-age=1, private'))
    expect(saidBy(undefined)).toBe(saidBy(undefined))
  })

  it('remembers a few hundred at most, and no long one', () => {
    const before = saidBy('max-age=2')
    for (let nth = 0; nth < 1_000; nth++) saidBy(`max-age=2, x=${nth}`)
    expect(saidBy('max-age=2')).not.toBe(before)
    expect(saidBy('max-age=2')).toEqual(before)
    const long = `max-age=3, x=${'y'.repeat(1_000)}`
    expect(saidBy(long)).not.toBe(saidBy(long))
    expect(saidBy(long).maxAge).toBe(3_000)
  })
})
