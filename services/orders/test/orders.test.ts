import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cart, Order, orders as contract } from '@bff/contracts/orders'
import { problem } from '@bff/gateway-core/problem'
import { logger, type Running, type Verify } from '@bff/service-kit'
import { Code } from '@connectrpc/connect'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Config, start } from '../src/app.ts'
import { type CatalogStub, startCatalog } from './catalog.ts'
import { type Client, client, type Reply } from './client.ts'
import { type InventoryStub, startInventory } from './inventory.ts'

const serviceSecret = 'the-secret-of-services-under-test'
/** Accepts every token as the customer's ID. */
const verify: Verify = (kind, authorization) => {
  const token = authorization?.slice('Bearer '.length) ?? ''
  if (kind === 'service' && token !== serviceSecret) return Promise.reject(problem(401, 'token-invalid'))
  return Promise.resolve({ id: token })
}

let folder: string
let catalog: CatalogStub
let inventory: InventoryStub
let running: Running
let ada: Client
let grace: Client
let service: Client

const boot = async (more: Partial<Config> = {}): Promise<void> => {
  running = await start({
    port: 0,
    hostname: '127.0.0.1',
    log: logger('orders', 'silent'),
    faults: false,
    file: join(folder, 'orders.db'),
    verify,
    catalogUrl: catalog.url,
    inventoryUrl: inventory.url,
    serviceSecret,
    stepMs: 0,
    ...more,
  })
  ada = client(running.url, 'cus_ada')
  grace = client(running.url, 'cus_grace')
  service = client(running.url, serviceSecret)
}
const reboot = async (more: Partial<Config> = {}): Promise<void> => {
  await running[Symbol.asyncDispose]()
  await boot(more)
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orders-'))
  catalog = await startCatalog()
  inventory = await startInventory()
  await boot()
})
afterEach(async () => {
  await running[Symbol.asyncDispose]()
  await catalog[Symbol.asyncDispose]()
  await inventory[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const put = (who: Client, product: string, quantity: number): Promise<Reply> =>
  who(`PUT /cart/items/${product}`, { body: { quantity } })
const place = async (who: Client, key: string): Promise<Order> => {
  expect(await put(who, 'lamp', 2)).toMatchObject({ status: 200 })
  return Order.parse((await who('POST /orders', { key })).body)
}
const events = async (after: number): Promise<ReturnType<(typeof contract)['GET /events']['out']['parse']>> =>
  contract['GET /events'].out.parse((await service(`GET /events?after=${after}`)).body)
const refusal = (status: number, code: string) => ({ status, type: 'application/problem+json', body: { code } })

describe('cart', () => {
  it('takes name and price from catalog when a line is written, and keeps them', async () => {
    expect(await ada('GET /cart')).toMatchObject({ status: 200, body: { lines: [], rev: 0 } })
    await put(ada, 'lamp', 2)
    catalog.prices.set('lamp', 990)
    const { status, body } = await put(ada, 'desk', 1)
    expect(status).toBe(200)
    expect(Cart.parse(body)).toMatchObject({
      lines: [
        { productId: 'lamp', sku: 'LAMP', name: 'The lamp', unitPrice: { amount: 1_290 }, total: { amount: 2_580 } },
        { productId: 'desk', quantity: 1, total: { amount: 24_900 } },
      ],
      total: { amount: 27_480, currency: 'EUR' },
      rev: 2,
    })
    expect(await ada('DELETE /cart/items/desk')).toMatchObject({ body: { total: { amount: 2_580 }, rev: 3 } })
    expect(await put(ada, 'lamp', 2)).toMatchObject({ body: { total: { amount: 1_980 }, rev: 4 } })
  })
  it('carries the trace on to catalog', async () => {
    await put(ada, 'lamp', 1)
    expect(catalog.seen[0]?.headers['traceparent']).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/)
  })
  it.each(['chair', 'a%2Fb', '%00'])('does not take what catalog does not know: %s', async (id) => {
    expect(await put(ada, id, 1)).toMatchObject(refusal(404, 'product-not-found'))
  })
  it.each([
    ['is out of order', { status: 500, body: {} }],
    ['answers nonsense', { status: 200, body: { id: 'lamp', price: 12.9 } }],
    ['does not answer', 'silent' as const],
  ])('is unavailable when catalog %s', async (_, broken) => {
    catalog.broken = broken
    expect(await put(ada, 'lamp', 1)).toMatchObject(refusal(503, 'catalog-unavailable'))
    catalog.broken = undefined
    expect(await ada('GET /cart')).toMatchObject({ body: { lines: [] } })
  })
  it('is unavailable when catalog is gone', async () => {
    await catalog[Symbol.asyncDispose]()
    expect(await put(ada, 'lamp', 1)).toMatchObject(refusal(503, 'catalog-unavailable'))
    catalog = await startCatalog()
  })
  it.each([0, 21, 1.5, '2'])('refuses a quantity of %p', async (quantity) => {
    expect(await ada('PUT /cart/items/lamp', { body: { quantity } })).toMatchObject(refusal(422, 'validation'))
  })
})

describe('placing an order', () => {
  it('happens once per key, also when the same request is sent twenty times at once', async () => {
    await put(ada, 'lamp', 2)
    const replies = await Promise.all(Array.from({ length: 20 }, () => ada('POST /orders', { key: 'key-0001' })))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201))
    expect(new Set(replies.map(({ body }) => body['id'])).size).toBe(1)
    expect(replies[0]?.body['id']).toMatch(/^ord_[\w-]{12}$/)
    expect(await ada('GET /orders')).toMatchObject({ body: { items: [{ id: replies[0]?.body['id'] }] } })
    expect((await events(0)).items).toHaveLength(1)
    expect(await ada('GET /cart')).toMatchObject({ body: { lines: [], rev: 2 } })
  })
  it('answers a known key after a restart, whatever the cart holds by then', async () => {
    const order = await place(ada, 'key-0001')
    await put(ada, 'desk', 1)
    await reboot()
    expect(await ada('POST /orders', { key: 'key-0001' })).toMatchObject({ status: 201, body: order })
    expect(await ada('GET /cart')).toMatchObject({ body: { lines: [{ productId: 'desk' }] } })
  })
  it('wants something in the cart, and a key', async () => {
    expect(await ada('POST /orders', { key: 'key-0001' })).toMatchObject(refusal(409, 'cart-empty'))
    expect(await ada('POST /orders')).toMatchObject(refusal(422, 'validation'))
  })
})

describe('confirming an order', () => {
  it('sets the stock aside once', async () => {
    const { id } = await place(ada, 'key-0001')
    const [first, second] = await Promise.all([ada(`POST /orders/${id}/confirm`), ada(`POST /orders/${id}/confirm`)])
    inventory.broken = Code.Internal
    const third = await ada(`POST /orders/${id}/confirm`)
    expect(first).toMatchObject({ status: 200, body: { id, status: 'confirmed', rev: 2 } })
    expect([second, third]).toEqual([first, first])
    expect([...inventory.reserved]).toEqual([[id, [{ sku: 'LAMP', quantity: 2 }]]])
    expect(inventory.credentials[0]).toBe(`Bearer ${serviceSecret}`)
  })
  it('is refused when the stock does not suffice, and possible again when it does', async () => {
    await put(ada, 'desk', 2)
    const { id } = Order.parse((await ada('POST /orders', { key: 'key-0001' })).body)
    expect(await ada(`POST /orders/${id}/confirm`)).toMatchObject(refusal(409, 'out-of-stock'))
    expect(await ada(`GET /orders/${id}`)).toMatchObject({ body: { status: 'created', rev: 1 } })
    inventory.available.set('DESK', 2)
    expect(await ada(`POST /orders/${id}/confirm`)).toMatchObject({ status: 200, body: { status: 'confirmed' } })
  })
  it.each([Code.Internal, Code.NotFound, Code.Unavailable, 'silent' as const])(
    'waits for better times when inventory fails with %s',
    async (broken) => {
      const { id } = await place(ada, 'key-0001')
      inventory.broken = broken
      expect(await ada(`POST /orders/${id}/confirm`)).toMatchObject(refusal(503, 'inventory-unavailable'))
      inventory.broken = undefined
      expect(await ada(`POST /orders/${id}/confirm`)).toMatchObject({ status: 200, body: { rev: 2 } })
    },
  )
  it('finds inventory again after it was gone', async () => {
    const { id } = await place(ada, 'key-0001')
    const { port } = new URL(inventory.url)
    await inventory[Symbol.asyncDispose]()
    expect(await ada(`POST /orders/${id}/confirm`)).toMatchObject(refusal(503, 'inventory-unavailable'))
    inventory = await startInventory(Number(port))
    expect(await ada(`POST /orders/${id}/confirm`)).toMatchObject({ status: 200 })
  })
})

describe('the warehouse', () => {
  it('goes on after a restart until the order is delivered', async () => {
    const { id } = await place(ada, 'key-0001')
    await ada(`POST /orders/${id}/confirm`)
    await reboot({ stepMs: 20 })
    let last = 2
    const seen: string[] = []
    while (seen.at(-1) !== 'delivered') {
      const page = await events(last)
      last = page.last
      seen.push(...page.items.map(({ status }) => status))
    }
    expect(seen).toEqual(['packed', 'shipped', 'delivered'])
    expect(await ada(`GET /orders/${id}`)).toMatchObject({ body: { status: 'delivered', rev: 5 } })
  })
})

describe('customers', () => {
  it('see nothing of each other', async () => {
    const { id } = await place(ada, 'key-0001')
    await put(ada, 'desk', 1)
    expect(await grace('GET /cart')).toMatchObject({ body: { lines: [], rev: 0 } })
    expect(await grace('GET /orders')).toMatchObject({ body: { items: [] } })
    expect(await grace(`GET /orders/${id}`)).toMatchObject(refusal(404, 'order-not-found'))
    expect(await grace(`POST /orders/${id}/confirm`)).toMatchObject(refusal(404, 'order-not-found'))
    expect(await grace('POST /orders', { key: 'key-0001' })).toMatchObject(refusal(409, 'cart-empty'))
    expect(await grace(`GET /orders?cursor=${id}`)).toMatchObject(refusal(400, 'invalid-cursor'))
    await grace('DELETE /cart/items/desk')
    expect(await ada('GET /cart')).toMatchObject({ body: { lines: [{ productId: 'desk' }] } })
  })
  it('page through their orders from the newest', async () => {
    const placed: string[] = []
    for (let nth = 0; nth < 5; nth++) placed.unshift((await place(ada, `key-000${nth}`)).id)
    const listed: string[] = []
    for (let cursor = ''; ;) {
      const { body } = await ada(`GET /orders?limit=2${cursor}`)
      const { items, next } = contract['GET /orders'].out.parse(body)
      expect(items.length).toBeGreaterThan(0)
      listed.push(...items.map(({ id }) => id))
      if (next === undefined) break
      cursor = `&cursor=${encodeURIComponent(next)}`
    }
    expect(listed).toEqual(placed)
    expect(await ada('GET /orders?cursor=nonsense')).toMatchObject(refusal(400, 'invalid-cursor'))
  })
})

describe('the event log', () => {
  it('is for services', async () => {
    expect(await ada('GET /events')).toMatchObject(refusal(401, 'token-invalid'))
  })
  it('counts on over restarts', async () => {
    const one = await place(ada, 'key-0001')
    const two = await place(grace, 'key-0001')
    await reboot()
    await ada(`POST /orders/${one.id}/confirm`)
    const all = await events(0)
    expect(all.last).toBe(3)
    expect(all.items).toMatchObject([
      { orderId: one.id, customerId: 'cus_ada', rev: 1, status: 'created' },
      { orderId: two.id, customerId: 'cus_grace', rev: 1, status: 'created' },
      { orderId: one.id, customerId: 'cus_ada', rev: 2, status: 'confirmed' },
    ])
    expect(await events(2)).toEqual({ items: all.items.slice(2), last: 3 })
    expect(await events(3)).toEqual({ items: [], last: 3 })
  })
})
