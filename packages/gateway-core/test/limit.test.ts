import { describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { limitKey } from '../src/edge/client-address.ts'
import { joined, type Limit, limiter, type LimitOptions } from '../src/edge/limit.ts'
import type { Exchange } from '../src/exchange.ts'
import { Problem } from '../src/problem.ts'
import { memoryStore } from '../src/state/memory.ts'
import type { Store } from '../src/state/store.ts'
import { exchangeOf } from './exchange.ts'
import { identity } from './shop.ts'

const limit: Limit = { name: 'default', quota: 3, window: 60_000 }

function setUp(given: Partial<Limit> = {}, options: Partial<LimitOptions> = {}) {
  const time = { now: 0 }
  const refusals: string[] = []
  const take = limiter(
    { ...limit, ...given },
    {
      store: memoryStore({ steady: () => time.now }),
      addressKey: limitKey,
      refused: (name) => refusals.push(name),
      ...options,
    },
  )
  const status = async (exchange: Partial<Exchange>, cost?: number) => {
    const outcome = await take(exchangeOf(exchange), cost).catch((error: unknown) => error)
    return outcome instanceof Problem ? outcome.status : 200
  }
  return { time, take, status, refusals }
}

const broken = (take: Store['take']): Store => ({ ...memoryStore(), local: false, take })

/** What a call throws, as a problem. */
async function refusal(outcome: Promise<unknown>): Promise<Problem> {
  const error = await outcome.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Problem)
  return error as Problem
}

describe('limiter', () => {
  it('says on every answer what is left, and when all of it is', async () => {
    const { time, take } = setUp()
    const policy = '"default";q=3;w=60'
    expect(await take(exchangeOf({}))).toEqual({ ratelimit: '"default";r=2;t=20', 'ratelimit-policy': policy })
    expect(await take(exchangeOf({}))).toEqual({ ratelimit: '"default";r=1;t=40', 'ratelimit-policy': policy })
    time.now += 20_000
    expect(await take(exchangeOf({}))).toEqual({ ratelimit: '"default";r=1;t=40', 'ratelimit-policy': policy })
  })

  it('refuses with 429, when to come back, and the same fields', async () => {
    const { time, take, refusals, status } = setUp()
    for (let nth = 0; nth < 3; nth++) await take(exchangeOf({}))
    time.now += 500
    const { code, options, ...failed } = await refusal(take(exchangeOf({})))
    expect(failed.status).toBe(429)
    expect(code).toBe('rate-limited')
    expect(options.headers).toEqual({
      'retry-after': '20',
      ratelimit: '"default";r=0;t=60',
      'ratelimit-policy': '"default";q=3;w=60',
    })
    expect(refusals).toEqual(['default'])
    time.now += 20_000
    expect(await status({})).toBe(200)
  })

  it('never says to come back in less than a second', async () => {
    const { take } = setUp({ quota: 1_000, window: 1_000, burst: 1 })
    await take(exchangeOf({}))
    expect((await refusal(take(exchangeOf({})))).options.headers?.['retry-after']).toBe('1')
  })

  it('counts one user as one, wherever they are, and apart from their addresses', async () => {
    const { status } = setUp()
    const user = (id: string, address = '192.0.2.7') => ({
      address,
      identity: { ...identity, user: { ...identity.user, id } },
    })
    for (const address of ['192.0.2.7', '192.0.2.8', '2001:db8::1']) expect(await status(user('u1', address))).toBe(200)
    expect(await status(user('u1'))).toBe(429)
    expect(await status(user('u2'))).toBe(200)
    expect(await status({ address: '192.0.2.7' })).toBe(200)
  })

  it('a user who is called like an address does not share with it', async () => {
    const { status } = setUp({ burst: 1 })
    expect(await status({ address: '192.0.2.7' })).toBe(200)
    const named = { ...identity, user: { ...identity.user, id: '192.0.2.7' } }
    expect(await status({ address: '192.0.2.8', identity: named })).toBe(200)
    expect(await status({ address: '192.0.2.7' })).toBe(429)
  })

  it('who has many addresses of IPv6 is one client', async () => {
    const { status } = setUp()
    for (const end of [1, 2, 3]) expect(await status({ address: `2001:db8:0:${end}::${end}` })).toBe(200)
    expect(await status({ address: '2001:db8:0:ff::4' })).toBe(429)
    expect(await status({ address: '2001:db8:0:100::1' })).toBe(200)
  })

  it('takes a key of its own, and limits of one store do not share', async () => {
    const store = memoryStore()
    const key = ({ headers }: Exchange) => String(headers['x-tenant'])
    const one = setUp({ key, burst: 1 }, { store })
    const other = setUp({ name: 'other', key, burst: 1 }, { store })
    expect(await one.status({ headers: { 'x-tenant': 'a' } })).toBe(200)
    expect(await one.status({ headers: { 'x-tenant': 'b' } })).toBe(200)
    expect(await one.status({ headers: { 'x-tenant': 'a' } })).toBe(429)
    expect(await other.status({ headers: { 'x-tenant': 'a' } })).toBe(200)
  })

  it('a route costs what it says, else what the limit says', async () => {
    const { status } = setUp({ quota: 10, cost: 2 })
    expect(await status({}, 7)).toBe(200)
    expect(await status({})).toBe(200)
    expect(await status({})).toBe(429)
    expect(await status({}, 1)).toBe(200)
    expect(await status({}, 0)).toBe(200)
  })

  it('100 requests at once get no more than there is', async () => {
    const { status } = setUp({ quota: 10 })
    const statuses = await Promise.all(Array.from({ length: 100 }, () => status({})))
    expect(statuses.filter((each) => each === 200)).toHaveLength(10)
  })

  it.each<[string, Partial<Limit>]>([
    ['a name that breaks the header', { name: 'a", "b' }],
    ['no quota', { quota: 0 }],
    ['a part of a request', { quota: 1.5 }],
    ['no window', { window: 0 }],
    ['a window without end', { window: Infinity }],
    ['no burst', { burst: 0 }],
    ['a cost that is never there', { cost: 4 }],
    ['a cost below nothing', { cost: -1 }],
  ])('does not start with %s', (_, given) => {
    expect(() => setUp(given)).toThrow(TypeError)
  })
})

describe('a limit whose store fails', () => {
  const down = broken(() => Promise.reject(new Error('ECONNREFUSED')))
  const slow = broken(() => new Promise(() => undefined))
  const mad = broken(() => {
    throw new Error('no such command')
  })

  it.each([
    ['down', down],
    ['slow', slow],
    ['mad', mad],
  ])('X-12: lets everyone pass when it is %s, without fields that would lie', async (_, store) => {
    const { take } = setUp({}, { store, patience: 5 })
    for (let nth = 0; nth < 10; nth++) expect(await take(exchangeOf({}))).toBeUndefined()
  })

  it.each([
    ['down', down],
    ['slow', slow],
    ['mad', mad],
  ])('X-12: refuses with 503 when it is %s and the limit is closed', async (_, store) => {
    const { take, refusals } = setUp({}, { store, patience: 5, onStoreError: 'closed' })
    const failed = await refusal(take(exchangeOf({})))
    expect([failed.status, failed.code, failed.options.headers]).toEqual([
      503,
      'limit-unavailable',
      { 'retry-after': '1' },
    ])
    expect(refusals).toEqual([])
  })

  it('X-12: warns once a second, not once a request', async () => {
    const written: string[] = []
    const log = pino({ base: null }, { write: (line) => void written.push(line) })
    const time = { now: 0 }
    const { take } = setUp({}, { store: down, clock: () => time.now })
    for (let nth = 0; nth < 1_000; nth++) {
      time.now = nth * 2
      await take(exchangeOf({ log }))
    }
    expect(written).toHaveLength(2)
    expect(JSON.parse(written[0]!)).toMatchObject({ level: 40, limit: 'default', onStoreError: 'open' })
    expect(written[0]).toContain('ECONNREFUSED')
  })
})

describe('joined', () => {
  const first = { ratelimit: '"address";r=1;t=2', 'ratelimit-policy': '"address";q=3;w=4' }
  const second = { ratelimit: '"user";r=5;t=6', 'ratelimit-policy': '"user";q=7;w=8' }

  it('puts both limits of an answer in one field each', () => {
    expect(joined(first, second)).toEqual({
      ratelimit: '"address";r=1;t=2, "user";r=5;t=6',
      'ratelimit-policy': '"address";q=3;w=4, "user";q=7;w=8',
    })
    expect(joined(first, undefined)).toBe(first)
    expect(joined(undefined, second)).toBe(second)
    expect(joined(undefined, undefined)).toBeUndefined()
  })
})
