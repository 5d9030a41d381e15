import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Order, type OrderEvent, orders as contract } from '@bff/contracts/orders'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type CatalogStub, startCatalog } from './catalog.ts'
import { type Client, client } from './client.ts'
import { type InventoryStub, startInventory } from './inventory.ts'
import { type Issuer, startIssuer } from './issuer.ts'
import { type OrdersProcess, startProcess } from './process.ts'

const serviceSecret = 'the-secret-of-services-under-test'
const customers = ['cus_ada', 'cus_grace', 'cus_alan', 'cus_barbara']

let folder: string
let catalog: CatalogStub
let inventory: InventoryStub
let issuer: Issuer
let orders: OrdersProcess

const boot = async (): Promise<void> => {
  orders = await startProcess({
    // In a folder that does not exist yet.
    ORDERS_FILE: join(folder, 'data', 'orders.db'),
    ORDERS_STEP_MS: '40',
    WEB_BFF_URL: issuer.url,
    CATALOG_URL: catalog.url,
    INVENTORY_URL: inventory.url,
    SERVICE_SECRET: serviceSecret,
  })
}
const as = (customer: string): Client => client(orders.url, issuer.token(customer))

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orders-'))
  catalog = await startCatalog()
  inventory = await startInventory()
  inventory.available.set('LAMP', 1_000_000)
  issuer = await startIssuer()
  await boot()
})
afterEach(async () => {
  await orders.stop()
  await Promise.all([catalog, inventory, issuer].map((stub) => stub[Symbol.asyncDispose]()))
  await rm(folder, { recursive: true })
})

interface Acknowledged {
  readonly customer: string
  readonly key: string
  readonly order: Order
}

/** Places orders until the connection dies. Unacknowledged keys are retried in the next round. */
async function shop(customer: string, from: number, acknowledge: (one: Acknowledged) => void): Promise<number> {
  const call = as(customer)
  let nth = from
  try {
    for (; ; nth++) {
      const key = `${customer}-${nth}`
      await call('PUT /cart/items/lamp', { body: { quantity: 1 } })
      const placed = await call('POST /orders', { key })
      expect(placed.status).toBe(201)
      const order = Order.parse(placed.body)
      acknowledge({ customer, key, order })
      const confirmed = await call(`POST /orders/${order.id}/confirm`)
      expect(confirmed.status).toBe(200)
      acknowledge({ customer, key, order: Order.parse(confirmed.body) })
    }
  } catch (error) {
    // fetch throws a TypeError, of whatever realm, if the server is gone; anything else fails the test.
    if ((error as Error).name === 'TypeError') return nth
    throw error
  }
}

async function readLog(): Promise<OrderEvent[]> {
  const call = client(orders.url, serviceSecret)
  const all: OrderEvent[] = []
  for (;;) {
    const { body } = await call(`GET /events?after=${all.length}&limit=1000`)
    const { items } = contract['GET /events'].out.parse(body)
    if (items.length === 0) return all
    all.push(...items)
  }
}

describe('orders, killed while it works', () => {
  it('has every order it ever acknowledged, once, with all of its history', async () => {
    const acknowledged = new Map<string, Acknowledged>()
    const next = new Map<string, number>()
    for (let round = 1; round <= 4; round++) {
      let left = 60
      let killed: Promise<void> | undefined
      const acknowledge = (one: Acknowledged): void => {
        acknowledged.set(one.key, one)
        left -= 1
        // Three customers are in mid-request.
        if (left === 0) killed = orders.kill()
      }
      await Promise.all(
        customers.map(async (customer) =>
          next.set(customer, await shop(customer, next.get(customer) ?? 0, acknowledge)),
        ),
      )
      await killed
      await boot()
    }

    expect(acknowledged.size).toBeGreaterThan(100)
    for (const { customer, key, order } of acknowledged.values()) {
      const call = as(customer)
      const now = Order.parse((await call(`GET /orders/${order.id}`)).body)
      expect(now.history.slice(0, order.rev)).toEqual(order.history)
      expect(now.history.map(({ rev }) => rev)).toEqual(Array.from({ length: now.rev }, (_, nth) => nth + 1))
      expect(now.history.at(-1)).toMatchObject({ status: now.status })
      expect(now).toMatchObject({ lines: order.lines, total: order.total, createdAt: order.createdAt })
      expect(await call('POST /orders', { key })).toMatchObject({ status: 201, body: { id: order.id } })
    }

    const byOrder = Map.groupBy(await readLog(), ({ orderId }) => orderId)
    // At most one unacknowledged order per customer was in flight when the last round ended.
    expect(byOrder.size - acknowledged.size).toBeLessThanOrEqual(customers.length)
    for (const { order } of acknowledged.values()) {
      const revs = byOrder.get(order.id)?.map(({ rev }) => rev) ?? []
      expect(revs).toEqual(revs.map((_, nth) => nth + 1))
      expect(revs.length).toBeGreaterThanOrEqual(order.rev)
    }
  }, 60_000)

  it('stops on SIGTERM without an error, and has everything afterwards', async () => {
    const ada = as('cus_ada')
    await ada('PUT /cart/items/lamp', { body: { quantity: 1 } })
    const { body } = await ada('POST /orders', { key: 'key-0001' })
    expect(await orders.stop()).toBe(0)
    await boot()
    expect(await as('cus_ada')('POST /orders', { key: 'key-0001' })).toMatchObject({ status: 201, body })
  }, 20_000)
})
