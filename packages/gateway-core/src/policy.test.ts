import { describe, expect, it } from '@jest/globals'
import { faultsOf, type Policies } from './policy.ts'

describe('policies', () => {
  it('accepts defaults', () => {
    expect(faultsOf({ a: {} }, ['a'], 5_000)).toEqual([])
  })

  it.each<[string, Policies, RegExp]>([
    ['an unknown key', { a: { tiemout: 3 } as object }, /"tiemout" is no policy/],
    ['no policy', {}, /has no policy/],
    ['a timeout beyond the exchange', { a: { timeout: 6_000 } }, /longer than the 5000 ms/],
    ['no time', { a: { timeout: 0 } }, /more than 0 ms/],
    ['no attempt', { a: { attempts: 0 } }, /attempts must be 1 to 5/],
    ['no bytes', { a: { maxBytes: 0 } }, /maxBytes/],
  ])('refuses %s', (_, policies, sentence) => {
    expect(faultsOf(policies, ['a'], 5_000)).toEqual([expect.stringMatching(sentence)])
  })
})
