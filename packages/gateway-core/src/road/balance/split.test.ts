import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../../../test/exchange.ts'
import { complete } from '../../policy.ts'
import { split } from './split.ts'

const exchanges = Array.from({ length: 20_000 }, (_, nth) => exchangeOf({ address: `user ${nth}` }))
const armsOf = (shares: Record<string, number>) => exchanges.map(split(complete({ split: shares }))!)
const count = (arms: readonly string[], arm: string) => arms.filter((one) => one === arm).length

describe('split', () => {
  it('G13: asks nothing when all are of main', () => {
    expect(split(complete({}))).toBeUndefined()
  })

  it('G13: gives each arm its share, and main the rest', () => {
    const arms = armsOf({ canary: 0.05, blue: 0.2 })
    expect(Math.abs(count(arms, 'canary') - 1_000)).toBeLessThan(150)
    expect(Math.abs(count(arms, 'blue') - 4_000)).toBeLessThan(300)
    expect(count(arms, 'canary') + count(arms, 'blue') + count(arms, 'main')).toBe(20_000)
  })

  it('G13: who is in stays in when the share grows', () => {
    const few = armsOf({ canary: 0.05 })
    const many = armsOf({ canary: 0.1 })
    expect(few.every((arm, nth) => arm === 'main' || many[nth] === 'canary')).toBe(true)
    expect(armsOf({ canary: 0.05 })).toEqual(few)
  })

  it.each([1, 0.999999])('G13: a share of %d', (share) => {
    expect(count(armsOf({ canary: share }), 'canary')).toBeGreaterThan(19_990)
  })
})
