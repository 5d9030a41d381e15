import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { gcra } from '../src/state/gcra.ts'
import { takeUnits } from '../src/state/redis-scripts.ts'
import { type RedisStore, redisStore, type RedisStoreOptions } from '../src/state/redis.ts'
import { type Store, StoreUnavailable } from '../src/state/store.ts'
import { hasRedis, redisServer, type RedisServer } from '../src/testing-redis.ts'

const suite = hasRedis(process.env['CI'] === 'true') ? describe : describe.skip

const long = 600_000
/** Far more than the timeouts below add up to, and far less than for ever. */
const bounded = 5_000

let server: RedisServer
let store: RedisStore
let admin: Redis
const lines: { level: number; msg: string; reason?: string; store?: string; ms?: number }[] = []
const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) })

const open = (options: Partial<RedisStoreOptions> = {}) =>
  redisStore({ url: server.url, prefix: 'test:', log, timeout: 300, ...options })
const ready = () => store.ready()
const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
  while (!(await holds())) await sleep(5)
}

/** Every method, with what it is called with. */
const uses: readonly (readonly [name: string, use: (on: Store) => Promise<unknown>])[] = [
  ['get', (on) => on.get('k')],
  ['set', (on) => on.set('k', 'v', long)],
  ['set if-absent', (on) => on.set('k', 'v', long, 'if-absent')],
  ['set was', (on) => on.set('k', 'v', long, { was: 'v' })],
  ['touch', (on) => on.touch('k', long)],
  ['delete', (on) => on.delete('k')],
  ['delete was', (on) => on.delete('k', 'v')],
  ['add', (on) => on.add('s', 'm', long)],
  ['remove', (on) => on.remove('s', 'm')],
  ['members', (on) => on.members('s')],
  ['publish', (on) => on.publish('c', 'm')],
  ['take', (on) => on.take('r', { interval: 1, burst: 10 })],
]

/** How each method fails, and that it does so in bounded time. */
async function expectFailures(): Promise<void> {
  const began = performance.now()
  for (const [name, use] of uses) {
    const outcome = await use(store).catch((error: unknown) => error)
    expect([name, outcome instanceof StoreUnavailable]).toEqual([name, true])
  }
  expect(performance.now() - began).toBeLessThan(bounded)
}

async function expectSuccesses(): Promise<void> {
  for (const [, use] of uses) await use(store)
}

const warnings = () => lines.filter(({ level }) => level >= 40)

suite('a Redis that fails', () => {
  beforeAll(async () => {
    server = await redisServer()
  })
  beforeEach(async () => {
    store = await open()
    admin = new Redis(server.url, { disconnectTimeout: 100 })
    admin.on('error', () => undefined)
    await admin.flushall()
    lines.length = 0
  })
  afterEach(async () => {
    server.resume()
    admin.disconnect()
    await store[Symbol.asyncDispose]()
  })
  afterAll(async () => server[Symbol.asyncDispose]())

  it('X-12: killed in the middle, it fails at once, and all works again when it is back', async () => {
    await expectSuccesses()
    const underWay = Array.from({ length: 200 }, (_, nth) => store.set(`under way ${nth}`, '1', long))
    const settled = Promise.allSettled(underWay)
    await server.kill()
    for (const outcome of await settled) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StoreUnavailable)
    }
    await until(() => !ready())
    await expectFailures()
    await server.start()
    await until(ready)
    // The new one knows no script.
    await expectSuccesses()
    expect(await store.get('under way 0')).toBeUndefined()
  })

  it('X-12: says once that it is gone and once that it is back, however many commands fail', async () => {
    const listening = await store.subscribe('c', () => undefined)
    await server.kill()
    await until(() => !ready())
    for (let nth = 0; nth < 500; nth++) await store.get('k').catch(() => undefined)
    await sleep(500)
    await server.start()
    await until(() => lines.length >= 2)
    await until(ready)
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [40, 'the store cannot be reached'],
      [30, 'the store can be reached again'],
    ])
    expect(lines[0]).toMatchObject({ store: server.url })
    expect(lines[1]!.ms).toBeGreaterThan(400)
    await listening[Symbol.asyncDispose]()
  })

  it('X-12: one that hangs fails in bounded time, then at once, and recovers', async () => {
    await expectSuccesses()
    server.hang()
    await expectFailures()
    await until(() => !ready())
    const began = performance.now()
    for (let nth = 0; nth < 1_000; nth++) await expect(store.get('k')).rejects.toBeInstanceOf(StoreUnavailable)
    expect(performance.now() - began).toBeLessThan(bounded)
    server.resume()
    await until(ready)
    await expectSuccesses()
    expect(warnings()).toHaveLength(1)
  })

  it('X-12: one that hangs is noticed without anybody asking it anything', async () => {
    server.hang()
    await until(() => !ready())
    server.resume()
    await until(ready)
  })

  it('X-12: a store is there before its server is, and comes up with it', async () => {
    await server.kill()
    const began = performance.now()
    await using early = await open()
    expect(performance.now() - began).toBeLessThan(bounded)
    expect(early.ready()).toBe(false)
    await expect(early.get('k')).rejects.toBeInstanceOf(StoreUnavailable)
    await server.start()
    await until(() => early.ready())
    expect(await early.set('k', 'v', long)).toBe(true)
  })

  it('knows its scripts again after SCRIPT FLUSH, also when many ask at once', async () => {
    for (let nth = 0; nth < 5; nth++) {
      await admin.script('FLUSH')
      await store.set('k', 'v', long)
      await expectSuccesses()
      await admin.script('FLUSH')
      const taken = await Promise.all(
        Array.from({ length: 200 }, () => store.take(`flushed ${nth}`, { interval: long, burst: 100 })),
      )
      expect(taken.filter(({ allowed }) => allowed)).toHaveLength(100)
    }
    expect(lines).toEqual([])
  })

  it('listens again after an outage, and tells of the gap first', async () => {
    const heard: string[] = []
    const listening = await store.subscribe(
      'c',
      (message) => heard.push(message),
      () => heard.push('gap'),
    )
    const other = await store.subscribe('d', (message) => heard.push(`d ${message}`))
    await store.publish('c', '1')
    await until(() => heard.length === 1)
    await server.kill()
    await server.start()
    await until(() => heard.length === 2)
    await until(ready)
    await store.publish('c', '2')
    await store.publish('d', '3')
    await until(() => heard.length === 4)
    expect(heard).toEqual(['1', 'gap', '2', 'd 3'])
    await listening[Symbol.asyncDispose]()
    await other[Symbol.asyncDispose]()
  })

  it('listens again when only its connection was cut', async () => {
    const heard: string[] = []
    const listening = await store.subscribe(
      'c',
      (message) => heard.push(message),
      () => heard.push('gap'),
    )
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await until(() => heard.length === 1)
    await until(ready)
    await store.publish('c', '1')
    await until(() => heard.length === 2)
    expect(heard).toEqual(['gap', '1'])
    await listening[Symbol.asyncDispose]()
  })

  it('who subscribes during an outage is not kept waiting, and listens when it is over', async () => {
    await server.kill()
    await until(() => !ready())
    const heard: string[] = []
    const began = performance.now()
    const listening = await store.subscribe(
      'c',
      (message) => heard.push(message),
      () => heard.push('gap'),
    )
    expect(performance.now() - began).toBeLessThan(bounded)
    expect(heard).toEqual([])
    await server.start()
    await until(() => heard.length === 1)
    await until(ready)
    await store.publish('c', '1')
    await until(() => heard.length === 2)
    expect(heard).toEqual(['gap', '1'])
    await listening[Symbol.asyncDispose]()
  })

  it('what it refuses is unavailable too, is said once, and costs no connection; what is there stays', async () => {
    await store.set('there', 'v', long)
    await store.add('s', 'there', long)
    await admin.config('SET', 'maxmemory', '1')
    for (let nth = 0; nth < 100; nth++) await expect(store.set('k', 'v', long)).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(store.take('r', { interval: 1, burst: 1 })).rejects.toBeInstanceOf(StoreUnavailable)
    expect(await store.get('there')).toMatchObject({ value: 'v' })
    expect(await store.touch('there', long)).toBe(true)
    expect(await store.members('s')).toEqual(['there'])
    expect(await store.delete('there')).toBe(true)
    expect(ready()).toBe(true)
    expect(warnings()).toMatchObject([{ msg: 'the store refuses a command', reason: expect.stringContaining('OOM') }])
    await admin.config('SET', 'maxmemory', '0')
    await expectSuccesses()
  })

  it('connects anew when what it writes to has become a replica', async () => {
    await admin.replicaof('127.0.0.1', String(server.port + 1))
    await expect(store.set('k', 'v', long)).rejects.toBeInstanceOf(StoreUnavailable)
    await until(() => lines.some(({ msg }) => msg === 'the store can be reached again'))
    await admin.replicaof('NO', 'ONE')
    await until(async () => store.set('k', 'v', long).catch(() => false))
  })

  it('comes back with jitter, and never gives up', async () => {
    const drawn: number[] = []
    const random = (): number => {
      drawn.push(performance.now())
      return 0
    }
    await server.kill()
    await using patient = await open({ random })
    await until(() => drawn.length >= 8)
    const gaps = drawn.slice(1).map((at, nth) => at - drawn[nth]!)
    // Half of the longest wait is the least that jitter leaves of it.
    expect(Math.min(...gaps.slice(-2))).toBeGreaterThanOrEqual(490)
    await server.start()
    await until(() => patient.ready())
  })

  it('ends with what is under way done, and lets nothing in afterwards', async () => {
    await using own = await open()
    await own.subscribe('c', () => undefined)
    const underWay = own.set('last', 'v', long)
    await own[Symbol.asyncDispose]()
    expect(await underWay).toBe(true)
    expect(await store.get('last')).toMatchObject({ value: 'v' })
    await expect(own.get('last')).rejects.toBeInstanceOf(StoreUnavailable)
    expect(lines).toEqual([])
  })

  it('ends during an outage as well', async () => {
    await using own = await open()
    await own.subscribe('c', () => undefined)
    server.hang()
    const began = performance.now()
    await own[Symbol.asyncDispose]()
    expect(performance.now() - began).toBeLessThan(bounded)
  })
})

suite('rates by the clock of the server', () => {
  const rate = { interval: 100, burst: 3 }
  const hour = 3_600_000
  beforeAll(async () => {
    server = await redisServer()
    store = await open({ timeout: 5_000 })
    admin = new Redis(server.url, { disconnectTimeout: 100 })
  })
  afterAll(async () => {
    admin.disconnect()
    await store[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  const now = async (): Promise<number> => {
    const [seconds, micros] = await admin.time()
    return Number(seconds) * 1_000 + Number(micros) / 1_000
  }

  it('X-12: one that went back an hour locks nobody out for longer than a bucket takes to fill', async () => {
    // As if it had been written before.
    await admin.set('test:rate:back', String((await now()) + hour), 'PX', 2 * hour)
    const taken = await store.take('back', { interval: 60_000, burst: 3 })
    expect(taken).toMatchObject({ allowed: false, remaining: 0, retryAfter: 60_000, reset: 180_000 })
    // And it is written down again, else the wait would begin anew with each question.
    expect(Number(await admin.get('test:rate:back'))).toBeLessThan((await now()) + 180_001)
    await admin.set('test:rate:soon', String((await now()) + hour), 'PX', 2 * hour)
    await store.take('soon', rate)
    await until(async () => (await store.take('soon', rate)).allowed)
  })

  it('X-12: one that went forward an hour gives one burst, not an hour of them', async () => {
    const slow = { interval: 60_000, burst: 3 }
    await admin.set('test:rate:forward', String((await now()) - hour), 'PX', 2 * hour)
    const taken = await Promise.all(Array.from({ length: 10 }, () => store.take('forward', slow)))
    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(3)
  })

  it('G10: a bucket is kept for as long as it takes to fill, and a full one not at all', async () => {
    await store.take('kept', { interval: 1_000, burst: 3 })
    expect(await admin.pttl('test:rate:kept')).toBeGreaterThan(0)
    expect(await admin.pttl('test:rate:kept')).toBeLessThanOrEqual(1_000)
    await store.take('nothing', { interval: 1_000, burst: 3, cost: 0 })
    expect(await admin.exists('test:rate:nothing')).toBe(0)
  })

  it.each([1, 2, 3, 4])(
    'decides and writes what gcra does, to the last bit, whatever the clock does (seed %i)',
    async (seed) => {
      // The script as it is, but for the time, which is told to it, and the end of the key, which goes by another clock.
      const lua = takeUnits.lua.replace("redis.call('TIME')", '{ ARGV[4], ARGV[5] }').replace(/, 'PX', [^\n]*/, ')')
      expect(lua).not.toMatch(/TIME|PX/)
      const random = seeded(seed)
      const rate = { interval: 0.1 + random() * 20, burst: 1 + Math.floor(random() * 20) }
      let micros = 1_795_000_000_000_000
      let full: number | undefined
      let refused = 0
      for (let nth = 0; nth < 2_000; nth++) {
        micros += Math.floor(random() < 0.5 ? 0 : random() * 30_000)
        if (random() < 0.01) micros += (random() < 0.5 ? 1 : -1) * hour * 1_000
        const cost = random() < 0.7 ? 1 : random() * 25
        const time = [Math.floor(micros / 1_000_000), micros % 1_000_000] as const
        const now = time[0] * 1_000 + time[1] / 1_000
        const told = gcra(full, now, { ...rate, cost })
        await admin.eval(lua, 1, `seed ${seed}`, rate.interval, rate.burst, cost, ...time)
        const kept = await admin.get(`seed ${seed}`)
        refused += told.taken.allowed ? 0 : 1
        // What is full needs no writing down.
        if (told.full > now) expect([nth, Number(kept)]).toEqual([nth, told.full])
        full = kept === null ? undefined : Number(kept)
      }
      expect(refused).toBeGreaterThan(100)
    },
  )
})

/** mulberry32: the same arrivals in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
