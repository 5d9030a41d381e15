import { describe, expect, it } from '@jest/globals'
import { memoryStore } from './memory.ts'
import { StoreUnavailable } from './store.ts'

function setUp(maxBytes?: number) {
  const time = { now: 1_000 }
  return { time, store: memoryStore({ maxBytes, clock: () => time.now }) }
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
})

/** Writes until full; returns how many succeeded. */
async function fill(write: (nth: number) => Promise<unknown>): Promise<number> {
  for (let nth = 0; ; nth += 1) {
    try {
      await write(nth)
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailable)
      return nth
    }
  }
}

describe('memoryStore, when one use of it is full', () => {
  const KiB = 1_024

  it('refuses more of that use and loses nothing: no session is pushed out, no used proof passes once more', async () => {
    const { store } = setUp(64 * KiB)
    const proof = (nth: number) => store.set(`dpop:${nth}`, '1', 600_000, 'if-absent')
    await store.set('session:mine', 'x'.repeat(40 * KiB), 600_000)
    expect(await fill(proof)).toBeGreaterThan(200)
    expect(await proof(0)).toBe(false)
    expect(await store.get('session:mine')).toBeDefined()
    expect(await store.set('ticket:mine', '1', 60_000, 'if-absent')).toBe(true)
    await store.add('sessions:sub:mine', 'mine', 60_000)
  })

  it('still writes over what is there, prolongs it and takes it away', async () => {
    const { store } = setUp(64 * KiB)
    const some = 'x'.repeat(10 * KiB)
    const count = await fill((nth) => store.set(`session:${nth}`, some, 60_000))
    expect(count).toBe(6)
    expect(await store.set('session:0', some.replaceAll('x', 'y'), 60_000, { was: some })).toBe(true)
    expect(await store.touch('session:1', 90_000)).toBe(true)
    await expect(store.set('session:2', some + some, 60_000)).rejects.toThrow(StoreUnavailable)
    expect(await store.get('session:2')).toMatchObject({ value: some })
    expect(await store.delete('session:3')).toBe(true)
    expect(await store.set('session:new', some, 60_000)).toBe(true)
  })

  it('takes more when something has ended, also behind what lasts', async () => {
    const { time, store } = setUp(64 * KiB)
    await store.set('session:long', '1', 600_000)
    const count = await fill((nth) => store.set(`session:${nth}`, '1', 5_000))
    time.now += 5_000
    expect(await fill((nth) => store.set(`session:more-${nth}`, '1', 5_000))).toBeGreaterThan(count - 10)
    expect(await store.get('session:long')).toBeDefined()
  })

  it('says no to members of sets as well, until those that are there have ended', async () => {
    const { time, store } = setUp(64 * KiB)
    await store.add('sessions:sub:mine', 'mine', 600_000)
    const count = await fill((nth) => store.add('sessions:sub:other', `one ${nth}`, 5_000))
    expect(await fill((nth) => store.add(`sessions:sub:${nth}`, 'one', 5_000))).toBe(0)
    expect(await store.members('sessions:sub:other')).toHaveLength(count)
    time.now += 5_000
    expect(await fill((nth) => store.add(`sessions:sub:${nth}`, 'one', 5_000))).toBeGreaterThan(100)
    expect(await store.members('sessions:sub:mine')).toEqual(['mine'])
  })
})

describe('memoryStore, of rates', () => {
  const rate = { interval: 100, burst: 2 }
  const setUpRates = (maxRates?: number) => {
    const time = { now: 1_000, date: 1_795_000_000_000 }
    return { time, store: memoryStore({ maxRates, clock: () => time.date, steady: () => time.now }) }
  }
  const spend = async (store: ReturnType<typeof memoryStore>, key: string) => {
    while ((await store.take(key, rate)).allowed);
  }

  it('counts each key for itself', async () => {
    const { time, store } = setUpRates()
    await spend(store, 'a')
    expect(await store.take('b', rate)).toEqual({ allowed: true, remaining: 1, retryAfter: 0, reset: 100 })
    expect(await store.take('a', rate)).toEqual({ allowed: false, remaining: 0, retryAfter: 100, reset: 200 })
    time.now += 100
    expect(await store.take('a', rate)).toMatchObject({ allowed: true, remaining: 0 })
  })

  it('X-12: does not notice when someone sets the clock', async () => {
    const { time, store } = setUpRates()
    await spend(store, 'a')
    for (const step of [3_600_000, -7_200_000]) {
      time.date += step
      expect(await store.take('a', rate)).toMatchObject({ allowed: false, retryAfter: 100 })
    }
  })

  it('G10: stays within its bound, and values are not pushed out by rates', async () => {
    const { store } = setUpRates(100)
    await store.set('session', 's', 60_000)
    await spend(store, 'first')
    for (let nth = 0; nth < 99; nth++) await store.take(`address-${nth}`, rate)
    expect(await store.take('first', rate)).toMatchObject({ allowed: false })
    for (let nth = 0; nth < 100; nth++) await store.take(`more-${nth}`, rate)
    expect(await store.take('first', rate)).toMatchObject({ allowed: true, remaining: 1 })
    expect(await store.get('session')).toMatchObject({ value: 's' })
  })
})

describe('memoryStore, of what several processes share', () => {
  it('writes and deletes only over the value that was read', async () => {
    const { store } = setUp()
    expect(await store.set('a', '2', 100, { was: '1' })).toBe(false)
    await store.set('a', '1', 100)
    expect(await store.set('a', '2', 100, { was: '1' })).toBe(true)
    expect(await store.set('a', '3', 100, { was: '1' })).toBe(false)
    expect(await store.delete('a', '1')).toBe(false)
    expect(await store.delete('a', '2')).toBe(true)
  })

  it('keeps members of sets for as long as each wants', async () => {
    const { time, store } = setUp()
    await store.add('s', 'a', 100)
    await store.add('s', 'b', 50)
    await store.add('s', 'c', 100)
    await store.add('s', 'c', 50)
    time.now += 49
    expect(await store.members('s')).toEqual(['a', 'b', 'c'])
    time.now += 50
    expect(await store.members('s')).toEqual(['a', 'c'])
    await store.remove('s', 'a')
    await store.remove('s', 'none')
    expect(await store.members('s')).toEqual(['c'])
    time.now += 1
    expect(await store.members('s')).toEqual([])
  })

  it('tells whoever listens, for as long as they do', async () => {
    const { store } = setUp()
    const heard: string[] = []
    const first = await store.subscribe('c', (message) => heard.push(`first ${message}`))
    await store.subscribe('c', (message) => heard.push(`second ${message}`))
    await store.publish('c', 'a')
    await store.publish('other', 'x')
    await new Promise(setImmediate)
    await first[Symbol.asyncDispose]()
    await store.publish('c', 'b')
    await new Promise(setImmediate)
    expect(heard).toEqual(['first a', 'second a', 'second b'])
  })
})
