import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import type { Rate } from '../src/state/gcra.ts'
import { memoryStore } from '../src/state/memory.ts'
import { redisStore } from '../src/state/redis.ts'
import type { Store } from '../src/state/store.ts'
import { hasRedis, redisServer, type RedisServer } from '../src/testing-redis.ts'
import { silent } from './exchange.ts'

/** Two processes of one app, as far as a store can tell. In memory they are one. */
interface Pair extends AsyncDisposable {
  readonly here: Store
  readonly there: Store
}

const inMemory = async (): Promise<Pair> => {
  const store = memoryStore()
  return { here: store, there: store, [Symbol.asyncDispose]: async () => undefined }
}

let server: RedisServer
const inRedis = async (): Promise<Pair> => {
  const here = await storeOn(server)
  const there = await storeOn(server)
  return {
    here,
    there,
    [Symbol.asyncDispose]: async () => {
      await here[Symbol.asyncDispose]()
      await there[Symbol.asyncDispose]()
    },
  }
}
const storeOn = ({ url }: RedisServer, prefix = 'test:') => redisStore({ url, prefix, log: silent, timeout: 5_000 })

const long = 600_000
const many = <Outcome>(count: number, each: (nth: number) => Promise<Outcome>) =>
  Promise.all(Array.from({ length: count }, (_, nth) => each(nth)))
const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
  while (!(await holds())) await sleep(5)
}

function contract(open: () => Promise<Pair>): void {
  let pair: Pair
  let [here, there]: Store[] = []
  let key = ''
  let nth = 0
  beforeAll(async () => {
    pair = await open()
    ;[here, there] = [pair.here, pair.there]
  })
  afterAll(async () => pair[Symbol.asyncDispose]())
  beforeEach(() => {
    key = `key-${++nth}`
  })
  const a = (): Store => here!
  const b = (): Store => there!

  it('keeps any text under any key, for both, and says until when', async () => {
    const texts = ['', ' ', '1', 'a\r\nb\0c', '*3\r\n$3\r\nDEL\r\n', 'ä€😀', 'x'.repeat(1_000_000)]
    for (const [at, text] of texts.entries()) {
      const name = `${key} \r\n ${at} {ä}`
      const before = Date.now()
      expect(await a().set(name, text, long)).toBe(true)
      const found = await b().get(name)
      expect(found?.value === text).toBe(true)
      expect(found!.expiresAt).toBeGreaterThan(before + long - 100)
      expect(found!.expiresAt).toBeLessThanOrEqual(Date.now() + long)
    }
    expect(await b().get(`${key} none`)).toBeUndefined()
  })

  it('overwrites, and a new life takes the place of the old one', async () => {
    await a().set(key, '1', long)
    await b().set(key, '2', 20)
    await until(async () => (await a().get(key)) === undefined)
    await a().set(key, '3', 20)
    await b().set(key, '4', long)
    await sleep(40)
    expect(await a().get(key)).toMatchObject({ value: '4' })
  })

  it('forgets in time, to a part of a millisecond if need be', async () => {
    await a().set(key, '1', 0.25)
    await until(async () => (await b().get(key)) === undefined)
    expect(await a().set(key, '2', 20, 'if-present')).toBe(false)
    expect(await a().touch(key, long)).toBe(false)
    expect(await a().delete(key)).toBe(false)
    expect(await a().set(key, '2', long, { was: '1' })).toBe(false)
    expect(await a().set(key, '2', long, 'if-absent')).toBe(true)
  })

  it('writes on condition', async () => {
    expect(await a().set(key, '1', long, 'if-present')).toBe(false)
    expect(await a().set(key, '1', long, { was: '' })).toBe(false)
    expect(await b().get(key)).toBeUndefined()
    expect(await a().set(key, '1', long, 'if-absent')).toBe(true)
    expect(await b().set(key, '2', long, 'if-absent')).toBe(false)
    expect(await b().set(key, '2', long, 'if-present')).toBe(true)
    expect(await a().set(key, '3', long, { was: '1' })).toBe(false)
    expect(await a().get(key)).toMatchObject({ value: '2' })
    expect(await a().set(key, '3', long, { was: '2' })).toBe(true)
    expect(await b().get(key)).toMatchObject({ value: '3' })
  })

  it('a conditional write sets a life as well', async () => {
    await a().set(key, '1', long)
    await a().set(key, '2', 10, { was: '1' })
    await until(async () => (await b().get(key)) === undefined)
    await a().set(key, '1', 10, 'if-absent')
    await until(async () => (await b().get(key)) === undefined)
  })

  it('lives on when touched', async () => {
    await a().set(key, '1', 5_000)
    expect(await b().touch(key, long)).toBe(true)
    const found = await a().get(key)
    expect(found?.value).toBe('1')
    expect(found!.expiresAt).toBeGreaterThan(Date.now() + long - 10_000)
    expect(await b().touch(key, 5)).toBe(true)
    await until(async () => (await a().get(key)) === undefined)
  })

  it('deletes once, and only what was read if that is asked', async () => {
    await a().set(key, '1', long)
    expect(await b().delete(key, '2')).toBe(false)
    expect(await b().delete(key, '1')).toBe(true)
    expect(await a().delete(key, '1')).toBe(false)
    await a().set(key, '', long)
    expect(await b().delete(key, '')).toBe(true)
    expect(await a().get(key)).toBeUndefined()
  })

  it('of 1 000 that race to replace what they read, one wins', async () => {
    await a().set(key, 'first', long)
    const won = await many(1_000, (one) => (one % 2 ? a() : b()).set(key, `by ${one}`, long, { was: 'first' }))
    expect(won.filter(Boolean)).toHaveLength(1)
    expect(await a().get(key)).toMatchObject({ value: `by ${won.indexOf(true)}` })
  })

  it('of 1 000 that race to be first, one is', async () => {
    const won = await many(1_000, (one) => (one % 2 ? a() : b()).set(key, `by ${one}`, long, 'if-absent'))
    expect(won.filter(Boolean)).toHaveLength(1)
    expect(await b().get(key)).toMatchObject({ value: `by ${won.indexOf(true)}` })
  })

  it.each([
    ['whatever it is', undefined],
    ['what they read', 'x'],
  ])('of 1 000 that race to delete %s, one does', async (_, was) => {
    await a().set(key, 'x', long)
    const won = await many(1_000, (one) => (one % 2 ? a() : b()).delete(key, was))
    expect(won.filter(Boolean)).toHaveLength(1)
  })

  it('1 000 that race to count count to 1 000', async () => {
    await a().set(key, '0', long)
    const count = async (store: Store): Promise<void> => {
      for (;;) {
        const { value } = (await store.get(key))!
        if (await store.set(key, String(Number(value) + 1), long, { was: value })) return
      }
    }
    await many(20, async (one) => {
      for (let time = 0; time < 50; time++) await count(one % 2 ? a() : b())
    })
    expect(await a().get(key)).toMatchObject({ value: '1000' })
  })

  it('keeps sets, each member once', async () => {
    expect(await a().members(key)).toEqual([])
    await a().add(key, 'one', long)
    await b().add(key, 'two', long)
    await b().add(key, 'one', long)
    expect((await a().members(key)).toSorted()).toEqual(['one', 'two'])
    await b().remove(key, 'one')
    await b().remove(key, 'never there')
    await b().remove(`${key} none`, 'one')
    expect(await a().members(key)).toEqual(['two'])
    await a().remove(key, 'two')
    expect(await b().members(key)).toEqual([])
  })

  it('a member of a set lives as long as was asked at most, whichever came first', async () => {
    await a().add(key, 'long', long)
    await b().add(key, 'short', 5)
    await b().add(key, 'long', 5)
    await a().add(`${key} other`, 'short', 5)
    await b().add(`${key} other`, 'short', 0.25)
    await b().add(`${key} other`, 'long', long)
    await until(async () => (await b().members(key)).length === 1)
    await until(async () => (await a().members(`${key} other`)).length === 1)
    for (const name of [key, `${key} other`]) expect(await a().members(name)).toEqual(['long'])
    await a().add(key, 'short', long)
    expect((await b().members(key)).toSorted()).toEqual(['long', 'short'])
    await a().add(`${key} brief`, 'short', 5)
    await until(async () => (await b().members(`${key} brief`)).length === 0)
  })

  it('a value, a set and a rate of one name have nothing to do with each other', async () => {
    await a().set(key, '1', long)
    await a().add(key, 'member', long)
    await a().take(key, { interval: long, burst: 2 })
    expect(await b().get(key)).toMatchObject({ value: '1' })
    expect(await b().members(key)).toEqual(['member'])
    await b().delete(key)
    expect(await b().members(key)).toEqual(['member'])
    expect(await b().take(key, { interval: long, burst: 2 })).toMatchObject({ allowed: true, remaining: 0 })
  })

  it('tells everybody who listens, here and there, for as long as they do', async () => {
    const heard: string[] = []
    const listen = (who: string) => (message: string) => heard.push(`${who} ${message}`)
    await using stack = new AsyncDisposableStack()
    stack.use(await a().subscribe(key, listen('a')))
    const second = await a().subscribe(key, listen('a too'))
    stack.use(await b().subscribe(key, listen('b')))
    stack.use(await b().subscribe(`${key} other`, listen('other')))
    await b().publish(key, 'ä 1')
    await until(() => heard.length === 3)
    expect(heard.toSorted()).toEqual(['a too ä 1', 'a ä 1', 'b ä 1'])
    await second[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
    await a().publish(key, '2')
    await until(() => heard.length === 5)
    await a().publish(`${key} other`, '3')
    await until(() => heard.length === 6)
    expect(heard.slice(3).toSorted()).toEqual(['a 2', 'b 2', 'other 3'])
  })

  it('messages of one sender come in their order, and none is lost', async () => {
    const heard: string[] = []
    const listening = await b().subscribe(key, (message) => heard.push(message))
    await many(1_000, (one) => a().publish(key, String(one)))
    await until(() => heard.length === 1_000)
    expect(heard).toEqual(Array.from({ length: 1_000 }, (_, one) => String(one)))
    await listening[Symbol.asyncDispose]()
  })

  it('gives the burst, and tells what is left and for how long to wait', async () => {
    const rate: Rate = { interval: 60_000, burst: 3 }
    const taken = [await a().take(key, rate), await b().take(key, rate), await a().take(key, rate)]
    expect(taken.map(({ allowed, remaining, retryAfter }) => [allowed, remaining, retryAfter])).toEqual([
      [true, 2, 0],
      [true, 1, 0],
      [true, 0, 0],
    ])
    const refused = await b().take(key, rate)
    expect(refused).toMatchObject({ allowed: false, remaining: 0 })
    expect(refused.retryAfter).toBeGreaterThan(50_000)
    expect(refused.retryAfter).toBeLessThanOrEqual(60_000)
    expect(refused.reset).toBeGreaterThan(170_000)
    expect(refused.reset).toBeLessThanOrEqual(180_000)
  })

  it('who waits as long as it is told is not refused again', async () => {
    const rate: Rate = { interval: 20, burst: 2, cost: 2 }
    for (let time = 0; time < 5; time++) {
      let taken = await a().take(key, rate)
      if (!taken.allowed) {
        await sleep(Math.ceil(taken.retryAfter) + 1)
        taken = await b().take(key, rate)
      }
      expect(taken.allowed).toBe(true)
    }
  })

  it('costs what it costs, and nothing when it is refused', async () => {
    const rate = (cost: number): Rate => ({ interval: 60_000, burst: 10, cost })
    expect(await a().take(key, rate(4))).toMatchObject({ allowed: true, remaining: 6 })
    for (let time = 0; time < 5; time++)
      expect(await b().take(key, rate(7))).toMatchObject({ allowed: false, remaining: 6 })
    expect(await a().take(key, rate(0))).toMatchObject({ allowed: true, remaining: 6 })
    expect(await b().take(key, rate(6))).toMatchObject({ allowed: true, remaining: 0 })
    expect(await a().take(`${key} whole`, rate(50))).toMatchObject({ allowed: true, remaining: 0 })
  })

  it.each([3, 7, 11, 13, 97, 333])('gives a burst of %i whole, whatever fractions an interval has', async (burst) => {
    const taken = await many(burst + 50, (one) =>
      (one % 2 ? a() : b()).take(`${key} ${burst}`, { interval: long / burst, burst }),
    )
    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(burst)
  })
}

describe('the store in memory', () => contract(inMemory))

const suite = hasRedis(process.env['CI'] === 'true') ? describe : describe.skip

suite('the store in Redis', () => {
  beforeAll(async () => {
    server = await redisServer()
  })
  contract(inRedis)

  // After those of the contract.
  afterAll(async () => server[Symbol.asyncDispose]())

  it('G10: 50 processes that take at once never get more than the burst', async () => {
    await using stack = new AsyncDisposableStack()
    const stores = await many(50, async () => {
      return stack.use(await storeOn(server))
    })
    const rate: Rate = { interval: long, burst: 100 }
    const taken = await Promise.all(
      stores.flatMap((store) => Array.from({ length: 20 }, () => store.take('crowd', rate))),
    )
    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(100)
  })

  it('a set takes no room for members that are over, and none at all after the last', async () => {
    await using store = await storeOn(server, 'room:')
    const raw = new Redis(server.url)
    await store.add('set', 'long', 400)
    await many(100, (one) => store.add('set', `brief ${one}`, 1))
    await sleep(10)
    await store.add('set', 'last', 400)
    expect(await raw.zcard('room:members:set')).toBe(2)
    await until(async () => (await raw.exists('room:members:set')) === 0)
    raw.disconnect()
  })

  it('apps of other prefixes share nothing', async () => {
    await using one = await storeOn(server, 'one:')
    await using other = await storeOn(server, 'other:')
    const heard: string[] = []
    await other.subscribe('channel', (message) => heard.push(message))
    await one.set('key', '1', long)
    await one.add('key', '1', long)
    await one.publish('channel', 'of one')
    await other.publish('channel', 'of other')
    expect(await other.get('key')).toBeUndefined()
    expect(await other.members('key')).toEqual([])
    await until(() => heard.length > 0)
    expect(heard).toEqual(['of other'])
  })
})
