import { describe, expect, it } from '@jest/globals'
import { Chain } from './chain.ts'

function allOf<T>(chain: Chain<T>): T[] {
  const all: T[] = []
  chain.forEach((value) => all.push(value))
  return all
}

describe('a chain', () => {
  it.each(['first', 'middle', 'last'])('keeps its order when the %s is taken out, however often', (which) => {
    const chain = new Chain<string>()
    const names = ['first', 'middle', 'last']
    const out = names.map((name) => chain.add(name))[names.indexOf(which)]!
    out()
    chain.add('later')
    out()
    expect(allOf(chain)).toEqual([...names.filter((name) => name !== which), 'later'])
  })

  it('is empty when all have gone, and may be filled again', () => {
    const chain = new Chain<number>()
    for (const out of [chain.add(1), chain.add(2)].toReversed()) out()
    expect(allOf(chain)).toEqual([])
    chain.add(3)
    expect(allOf(chain)).toEqual([3])
  })

  it('passes over those that are taken out while it is gone through', () => {
    const chain = new Chain<number>()
    const outs = [1, 2, 3, 4].map((n) => chain.add(n))
    const seen: number[] = []
    chain.forEach((n) => {
      seen.push(n)
      if (n === 1) for (const out of outs.slice(0, 3)) out()
    })
    expect(seen).toEqual([1, 4])
  })
})
