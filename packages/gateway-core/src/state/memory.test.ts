import { describe, expect, it } from '@jest/globals'
import { memoryStore } from './memory.ts'

function setUp(maxEntries?: number) {
  const time = { now: 1_000 }
  return { time, store: memoryStore({ maxEntries, clock: () => time.now }) }
}

describe('memoryStore', () => {
  it('keeps a value until its time', async () => {
    const { time, store } = setUp()
    expect(await store.get('a')).toBeUndefined()
    expect(await store.set('a', '1', 100)).toBe(true)
    expect(await store.get('a')).toEqual({ value: '1', expiresAt: 1_100 })
    time.now += 99
    expect(await store.get('a')).toBeDefined()
    time.now += 1
    expect(await store.get('a')).toBeUndefined()
  })

  it('writes on condition', async () => {
    const { time, store } = setUp()
    expect(await store.set('a', '1', 100, 'if-present')).toBe(false)
    expect(await store.get('a')).toBeUndefined()
    expect(await store.set('a', '2', 100, 'if-absent')).toBe(true)
    expect(await store.set('a', '3', 100, 'if-absent')).toBe(false)
    expect(await store.get('a')).toMatchObject({ value: '2' })
    expect(await store.set('a', '4', 100, 'if-present')).toBe(true)
    time.now += 100
    expect(await store.set('a', '5', 100, 'if-present')).toBe(false)
    expect(await store.set('a', '6', 100, 'if-absent')).toBe(true)
  })

  it('lives on when touched', async () => {
    const { time, store } = setUp()
    await store.set('a', '1', 100)
    time.now += 60
    expect(await store.touch('a', 100)).toBe(true)
    time.now += 60
    expect(await store.get('a')).toEqual({ value: '1', expiresAt: 1_160 })
    time.now += 40
    expect(await store.touch('a', 100)).toBe(false)
    expect(await store.get('a')).toBeUndefined()
  })

  it('lets one of several callers delete', async () => {
    const { time, store } = setUp()
    await store.set('a', '1', 100)
    expect(await Promise.all([store.delete('a'), store.delete('a')])).toEqual([true, false])
    await store.set('b', '1', 100)
    time.now += 100
    expect(await store.delete('b')).toBe(false)
  })

  it('stays within its bound: the longest unused goes', async () => {
    const { store } = setUp(3)
    for (const key of ['a', 'b', 'c']) await store.set(key, key, 100)
    await store.touch('a', 100)
    await store.set('d', 'd', 100)
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((key) => store.get(key)))).toEqual([
      expect.anything(),
      undefined,
      expect.anything(),
      expect.anything(),
    ])
  })

  it('gives up what has expired before what lives', async () => {
    const { time, store } = setUp(2)
    await store.set('short', '1', 10)
    await store.set('long', '1', 100)
    time.now += 10
    await store.set('new', '1', 100)
    expect(await store.get('long')).toBeDefined()
    expect(await store.get('new')).toBeDefined()
  })
})
