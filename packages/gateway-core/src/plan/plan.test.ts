import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { can, open, signedIn } from '../auth/guards.ts'
import type { Contract } from '../contract.ts'
import { each, gateway, optional, stale } from '../index.ts'
import { faultOf, planOf, type ScreenPlan } from './plan.ts'
import { plainTable } from './table.ts'
import { textOf } from './text.ts'

const Order = z.object({ id: z.string(), lines: z.array(z.object({ productId: z.string() })) })
const Products = z.object({ items: z.array(z.object({ id: z.string(), name: z.string() })) })

const Event = z.object({ rev: z.int() })

const sources = {
  orders: {
    'GET /orders/:id': { out: Order },
    'POST /orders': {
      body: z.object({ note: z.string() }),
      headers: z.object({ 'idempotency-key': z.string() }),
      out: Order,
    },
    'GET /orders/:id/events': {
      query: z.object({ after: z.int() }),
      out: Event,
      feed: { after: 'after', message: Event, read: (said: z.infer<typeof Event>) => ({ rev: said.rev, item: said }) },
    },
  },
  catalog: {
    'GET /products': { query: z.object({ ids: z.array(z.string()) }), out: Products },
    'GET /prices/:id': { out: z.object({ amount: z.int() }) },
  },
} as const satisfies Record<string, Contract>

const contract = {
  'GET /api/checkout/:orderId': {
    out: z.object({ id: z.string(), names: z.array(z.string()) }),
    optional: ['prices'],
    stale: ['products'],
    summary: 'An order before it is confirmed',
  },
  'POST /api/orders': { out: z.object({ id: z.string() }) },
  'GET /api/broken': { out: z.object({}) },
  'GET /api/orders/:id/events': { streams: 'numbered', out: Event, summary: 'What happens to an order' },
  'GET /api/orders/:id/news': {
    query: z.object({ after: z.coerce.number<number>() }),
    out: z.array(Event),
    polls: true,
  },
} as const satisfies Contract

const { screen, forward, live, poll, socket, ticket, estate } = gateway(
  contract,
  sources,
  {
    orders: { timeout: 2_000, token: 'user', attempts: 2, streamTimeout: 90_000 },
    catalog: { timeout: 800, attempts: 2, hedge: {}, cache: { maxAge: 1_000, staleIfError: 5_000 } },
  },
  { budget: 3_000 },
)

const checkout = screen('GET /api/checkout/:orderId', {
  guard: signedIn,
  budget: { bytes: 2_000, calls: 5, p95: 100 },
  parts: ({ params, from }) => {
    const order = from.orders('GET /orders/:id', { id: params.orderId })
    return {
      order,
      products: stale(order.then(({ lines }) => from.catalog('GET /products', { ids: lines.map((l) => l.productId) }))),
      prices: optional(
        order.then(({ lines }) => each(lines, (l) => from.catalog('GET /prices/:id', { id: l.productId }))),
        [],
      ),
    }
  },
  view: ({ order, products }) => ({ id: order.id, names: products.items.map(({ name }) => name) }),
})

type Orders = { readonly orders: (key: string, input: object) => AsyncIterable<never> }

const plan = async () => (await planOf(checkout, estate, { params: { orderId: '7' } })) as ScreenPlan

describe('planOf a screen', () => {
  it('says who may, and which parts and calls there are', async () => {
    const { admission, parts, calls, waves } = await plan()
    expect(admission).toEqual({ guard: 'signedIn', who: 'signed in', scopes: [] })
    expect(parts.map(({ name, kind, needs }) => [name, kind, needs])).toEqual([
      ['order', 'required', []],
      ['products', 'stale', ['order']],
      ['prices', 'optional', ['order']],
    ])
    expect(calls[0]).toMatchObject({ name: 'orders GET /orders/:id', input: { id: '7' }, times: 1, each: false })
    expect(calls.map(({ name, each: many }) => [name, many])).toEqual([
      ['orders GET /orders/:id', false],
      ['catalog GET /products', false],
      ['catalog GET /prices/:id', true],
    ])
    expect(waves).toEqual([['orders GET /orders/:id'], ['catalog GET /products', 'catalog GET /prices/:id']])
  })

  it('adds up the timeouts of the longest path', async () => {
    const { critical } = await plan()
    expect(critical).toEqual({ calls: ['orders GET /orders/:id', 'catalog GET /products'], timeouts: 2_800 })
  })

  it('counts what retries and hedges can make of it, out of their budget', async () => {
    const { calls, worst } = await plan()
    expect(calls.map(({ most }) => most)).toEqual([2, 4, 4])
    expect(worst).toEqual({ fixed: 6, each: 4 })
  })

  it('says what travels, and whose answers are shared', async () => {
    const [orders, catalog] = (await plan()).calls
    expect(orders).toMatchObject({
      token: 'user',
      travels: ['accept', 'traceparent', 'x-forwarded-for', 'x-deadline-ms', 'authorization'],
      coalesced: ['url', 'headers', 'user', 'session'],
      staleFor: 0,
    })
    expect(orders).not.toHaveProperty('cached')
    expect(catalog).toMatchObject({
      token: 'none',
      travels: ['accept', 'traceparent', 'x-forwarded-for', 'x-deadline-ms'],
      coalesced: ['url', 'headers'],
      cached: ['url', 'headers'],
      staleFor: 5_000,
    })
  })

  it('knows a write, and that it is sent once', async () => {
    const order = screen('POST /api/orders', {
      guard: can('orders:write'),
      parts: ({ from }) => ({
        order: from.orders('POST /orders', { body: { note: '' }, headers: { 'idempotency-key': 'k' } }),
      }),
      view: ({ order: { id } }) => ({ id }),
    })
    const { admission, calls } = (await planOf(order, estate)) as ScreenPlan
    expect(admission).toMatchObject({ who: 'signed in', scopes: ['orders:write'] })
    expect(calls[0]).toMatchObject({ safe: false, most: 2 })
    expect(calls[0]!.travels).toEqual(expect.arrayContaining(['content-type', 'idempotency-key']))
    expect(calls[0]).not.toHaveProperty('coalesced')
  })

  it('reports a screen that cannot be planned instead of failing', async () => {
    const broken = screen('GET /api/broken', {
      guard: open,
      parts: () => {
        throw new TypeError('no such thing')
      },
      view: () => ({}),
    })
    expect(await planOf(broken, estate)).toMatchObject({ fault: 'no such thing', calls: [] })
  })
})

describe('planOf a forward', () => {
  it('says what of the client travels', async () => {
    const route = forward('/api/files', 'catalog', { guard: open, methods: ['GET', 'PUT'] })
    const found = await planOf(route, estate)
    expect(found).toMatchObject({
      door: 'forward',
      upstream: 'catalog',
      admission: { who: 'anybody', guard: 'open' },
      treatments: { GET: { most: 4, token: 'none', safe: true }, PUT: { most: 2, safe: false } },
    })
    if (found.door !== 'forward') throw new Error('a forward')
    expect(found.treatments['GET']!.kept).toEqual(expect.arrayContaining(['cookie', 'authorization', 'x-user-id']))
    expect(found.treatments['GET']!.travels).toContain('accept-language')
  })

  it('says how many event streams there may be', async () => {
    const route = forward('/api/files', 'catalog', { guard: open, caps: { client: 4 } })
    expect(textOf(await planOf(route, estate))).toMatch(/^ +event streams +10000, 4 per client$/m)
  })
})

describe('planOf what stays open', () => {
  const fed = { upstream: 'orders', key: 'GET /orders/:id/events', input: { id: 'id-1', after: 0 } }
  const treated = { protocol: 'websocket', token: 'user', coalesced: ['url', 'user', 'session'], renewed: 90_000 }

  it('a stream, with its own caps', async () => {
    const route = live('GET /api/orders/:id/events', {
      guard: signedIn,
      caps: { client: 2 },
      follow: ({ params, after, from }) => from.orders('GET /orders/:id/events', { id: params.id, after }),
      view: (event) => event,
    })
    const found = await planOf(route, estate)
    expect(found).toMatchObject({ door: 'stream', calls: [{ ...fed, ...treated }] })
    expect(found).toMatchObject({ lasting: { bounds: { route: 10_000, client: 2, heartbeat: 10_000 } } })
    expect(plainTable([found])).toMatch(
      /orders GET \/orders\/:id\/events +open: 10000 at a time, 2 per client; heartbeat/,
    )
  })

  it('a long poll', async () => {
    const route = poll('GET /api/orders/:id/news', {
      guard: signedIn,
      follow: ({ params, from }) => from.orders('GET /orders/:id/events', { id: params.id, after: 0 }),
      wait: ({ query }) => ({ after: query.after, wait: 1_000 }),
      view: ({ items }) => items.map(({ item }) => item),
    })
    const found = await planOf(route, estate)
    expect(found).toMatchObject({
      door: 'poll',
      calls: [{ ...fed, ...treated }],
      lasting: { bounds: { wait: 25_000 } },
    })
    expect(textOf(found)).toMatch(/ends when +there is something/)
  })

  const line = (topics: object) =>
    socket('/live', { guard: signedIn, protocol: 'v1', topics: topics as never, out: Event, view: () => ({ rev: 1 }) })

  it('a socket, by its topics', async () => {
    const follow = ({ params, after, from }: { params: { id: string }; after: number; from: Orders }) =>
      from.orders('GET /orders/:id/events', { id: params.id, after })
    const found = await planOf(line({ 'orders/:id': follow }), estate)
    expect(found).toMatchObject({ door: 'socket', topics: { 'orders/:id': { calls: [{ ...fed, ...treated }] } } })
    expect(textOf(found)).toMatch(/Topic orders\/:id\n\norders GET \/orders\/:id\/events\n +treated +WebSocket, reads/)
    expect(plainTable([found])).toContain('orders/:id: orders GET /orders/:id/events')
  })

  it('a topic that cannot be planned', async () => {
    const found = await planOf(line({ news: ({ from }: { from: Orders }) => from.orders('GET /news', {}) }), estate)
    expect(faultOf(found)).toBe('orders has no operation GET /news')
    expect(textOf(found)).toContain('It cannot be planned: orders has no operation GET /news')
  })

  it('a ticket, and how long it is good', async () => {
    const found = await planOf(ticket('POST /tickets', { guard: signedIn }), estate)
    expect(textOf(found)).toContain('A ticket that opens one socket within 60000 ms')
  })

  it('sockets that a forward passes on', async () => {
    const upgrade = { origins: ['https://shop.example'], caps: { client: 4 }, idle: 7_000 }
    const found = await planOf(forward('/ws', 'orders', { guard: signedIn, upgrade }), estate)
    expect(found).toMatchObject({ upgrade: { bounds: { route: 10_000, client: 4, idle: 7_000 } } })
    expect(textOf(found)).toMatch(
      /WebSockets\n +open +10000 at a time, 4 per client\n +origins +https:\/\/shop\.example/,
    )
    expect(plainTable([found])).toContain('WebSockets of orders')
  })
})

describe('textOf', () => {
  it('draws the calls in time, the longest path among them', async () => {
    const text = textOf(await plan())
    expect(text).toContain('GET /api/checkout/:orderId')
    expect(text).toContain('a screen: An order before it is confirmed')
    expect(text).toMatch(/orders GET \/orders\/:id +━{29} +0 – 2000 ms/)
    expect(text).toMatch(/catalog GET \/prices\/:id × n +─{11} +2000 – 2800 ms/)
    expect(text).toContain('6 + 4 × n requests at the services')
  })
})
