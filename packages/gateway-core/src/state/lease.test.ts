import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { lease } from './lease.ts'
import { memoryStore } from './memory.ts'
import type { Store } from './store.ts'

const TTL = 900

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)

/** A store used by a process until it dies, or until the store stops answering. */
function failing(store: Store) {
  const state = { dead: false, broken: false }
  const set: Store['set'] = (...given) => {
    if (state.dead) return new Promise(() => undefined)
    return state.broken ? Promise.reject(new Error('store down')) : store.set(...given)
  }
  return { state, store: { ...store, set } }
}

/** Already resolved? */
async function told(lost: Promise<void>): Promise<boolean> {
  let done = false
  void lost.then(() => (done = true))
  await pass(0)
  return done
}

describe('lease', () => {
  it('is one holder’s, of many who ask at once, until it is given back', async () => {
    const store = memoryStore({ clock: Date.now })
    const asked = await Promise.all(Array.from({ length: 20 }, () => lease(store, 'a', TTL)))
    const [mine, ...others] = asked.filter((one) => one !== undefined)
    expect(others).toEqual([])
    expect(mine!.held()).toBe(true)
    expect(await lease(store, 'b', TTL)).toBeDefined()
    await mine![Symbol.asyncDispose]()
    expect(mine!.held()).toBe(false)
    expect(await lease(store, 'a', TTL)).toBeDefined()
  })

  it('lasts as long as its holder lives', async () => {
    const store = memoryStore({ clock: Date.now })
    await using mine = (await lease(store, 'a', TTL))!
    for (let second = 0; second < 20; second += 1) {
      await pass(1_000)
      expect(await lease(store, 'a', TTL)).toBeUndefined()
    }
    expect(mine.held()).toBe(true)
  })

  it('is free after its time when its holder has died', async () => {
    const memory = memoryStore({ clock: Date.now })
    const { state, store } = failing(memory)
    await lease(store, 'a', TTL)
    state.dead = true
    await pass(TTL - 1)
    expect(await lease(memory, 'a', TTL)).toBeUndefined()
    await pass(1)
    expect(await lease(memory, 'a', TTL)).toBeDefined()
  })

  it.each(['dead', 'broken'] as const)(
    'is lost by a holder whose store is %s for too long, who is told',
    async (how) => {
      const memory = memoryStore({ clock: Date.now })
      const { state, store } = failing(memory)
      const mine = (await lease(store, 'a', TTL))!
      state[how] = true
      await pass(TTL - 1)
      expect(mine.held()).toBe(true)
      expect(await told(mine.lost)).toBe(false)
      await pass(TTL / 3 + 1)
      expect(mine.held()).toBe(false)
      expect(await told(mine.lost)).toBe(true)
    },
  )

  it('is kept by one whose store failed for a moment', async () => {
    const { state, store } = failing(memoryStore({ clock: Date.now }))
    await using mine = (await lease(store, 'a', TTL))!
    state.broken = true
    await pass(TTL / 3)
    state.broken = false
    await pass(5 * TTL)
    expect(mine.held()).toBe(true)
  })

  it('is lost by a holder that slept, who gives nothing of its successor away', async () => {
    const store = memoryStore({ clock: Date.now })
    const slept = (await lease(store, 'a', TTL))!
    // No timer fires while a process is suspended.
    jest.setSystemTime(Date.now() + TTL)
    const next = (await lease(store, 'a', TTL))!
    await pass(TTL / 3)
    expect(slept.held()).toBe(false)
    expect(await told(slept.lost)).toBe(true)
    await slept[Symbol.asyncDispose]()
    expect(next.held()).toBe(true)
    expect(await lease(store, 'a', TTL)).toBeUndefined()
  })
})
