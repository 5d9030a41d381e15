import { describe, expect, it } from '@jest/globals'
import { Scope } from '../scope.ts'
import { until } from './until.ts'

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const seen: unknown[] = []
  try {
    for await (const item of items) seen.push(item)
  } catch (error) {
    seen.push(error)
  }
  return seen
}

describe('until', () => {
  it('gives all items, and what they fail of', async () => {
    async function* items() {
      yield 1
      yield 2
      throw 'failed'
    }
    expect(await collect(until(new Scope(), items()))).toEqual([1, 2, 'failed'])
  })

  it('ends while the next is waited for, and tells the source', async () => {
    const scope = new Scope()
    let told = false
    const items = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: async () => {
          told = true
          return { done: true as const, value: undefined }
        },
      }),
    }
    const seen = collect(until(scope, items))
    scope.end('enough')
    expect(await seen).toEqual(['enough'])
    expect(told).toBe(true)
  })

  it('asks for nothing when it is over before', async () => {
    const scope = new Scope()
    scope.end('before')
    let asked = 0
    const items = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: false as const, value: ++asked }) }),
    }
    expect(await collect(until(scope, items))).toEqual(['before'])
    expect(asked).toBe(0)
  })
})
