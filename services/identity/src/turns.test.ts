import { describe, expect, it } from '@jest/globals'
import { turns } from './turns.ts'

describe('turns', () => {
  it('do what concerns one key in order, and what concerns another meanwhile', async () => {
    const inTurn = turns()
    const seen: string[] = []
    const work = (name: string, wait: Promise<void>) => async () => {
      seen.push(`${name} begins`)
      await wait
      seen.push(`${name} ends`)
      return name
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    const both = [inTurn('a', work('first', promise)), inTurn('a', work('second', Promise.resolve()))]
    expect(await inTurn('b', work('other', Promise.resolve()))).toBe('other')
    expect(seen).toEqual(['first begins', 'other begins', 'other ends'])
    resolve()
    expect(await Promise.all(both)).toEqual(['first', 'second'])
    expect(seen.slice(3)).toEqual(['first ends', 'second begins', 'second ends'])
  })

  it('go on after a failure, which is its own', async () => {
    const inTurn = turns()
    const failed = inTurn('a', () => Promise.reject(new Error('mine')))
    const next = inTurn('a', () => Promise.resolve('good'))
    await expect(failed).rejects.toThrow('mine')
    expect(await next).toBe('good')
  })
})
