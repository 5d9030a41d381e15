import type { DatabaseSync } from 'node:sqlite'
import { Order, OrderEvent } from '@bff/contracts/orders'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Carts, openCarts } from './carts.ts'
import { openDatabase } from './database.ts'
import { type EventLog, openLog } from './log.ts'
import { openOrders, type Orders, type Parts } from './orders.ts'
import { openStore } from './store.ts'

const lamp = { productId: 'lamp', sku: 'LAMP', name: 'Lamp', unitPrice: 1_290 }

let db: DatabaseSync
let carts: Carts
let log: EventLog
let parts: Parts
let orders: Orders
let now: number
beforeEach(() => {
  let nth = 0
  now = Date.UTC(2026, 0, 1)
  db = openDatabase(':memory:')
  carts = openCarts(db)
  log = openLog(db)
  parts = { db, carts, store: openStore(db, log), clock: () => now, ids: () => `ord_${++nth}` }
  orders = openOrders(parts)
})
afterEach(() => db.close())

const place = (customer: string, key: string): Order => {
  carts.put(customer, lamp, 2)
  return orders.place(customer, key)
}
const statuses = (order: Order): string[] => order.history.map(({ rev, status }) => `${rev} ${status}`)

describe('place', () => {
  it('turns the cart into an order and empties it', () => {
    expect(Order.parse(place('ada', 'key-0001'))).toEqual({
      id: 'ord_1',
      customerId: 'ada',
      status: 'created',
      rev: 1,
      lines: [
        {
          productId: 'lamp',
          sku: 'LAMP',
          name: 'Lamp',
          quantity: 2,
          unitPrice: { amount: 1_290, currency: 'EUR' },
          total: { amount: 2_580, currency: 'EUR' },
        },
      ],
      total: { amount: 2_580, currency: 'EUR' },
      createdAt: '2026-01-01T00:00:00.000Z',
      history: [{ rev: 1, status: 'created', at: '2026-01-01T00:00:00.000Z' }],
    })
    expect(carts.read('ada')).toMatchObject({ lines: [], rev: 2 })
  })
  it('answers a known key with its order and leaves the cart alone', () => {
    const first = place('ada', 'key-0001')
    expect(place('ada', 'key-0001')).toEqual(first)
    expect(carts.read('ada').lines).toHaveLength(1)
  })
  it('keeps the keys of two customers apart', () => {
    expect(place('ada', 'key-0001').id).not.toBe(place('grace', 'key-0001').id)
  })
  it('refuses an empty cart, but not for a known key', () => {
    expect(() => orders.place('ada', 'key-0001')).toThrow(expect.objectContaining({ status: 409, code: 'cart-empty' }))
    const { id } = place('ada', 'key-0001')
    expect(orders.place('ada', 'key-0001').id).toBe(id)
  })
  it('writes nothing when a part of it fails', () => {
    place('ada', 'key-0001')
    carts.put('ada', lamp, 1)
    const same = openOrders({ ...parts, ids: () => 'ord_1' })
    expect(() => same.place('ada', 'key-0002')).toThrow(/UNIQUE/)
    expect(carts.read('ada').lines).toHaveLength(1)
    expect(log.read(0, 10).items).toHaveLength(1)
  })
})

describe('find', () => {
  it.each([
    ['grace', 'ord_1'],
    ['ada', 'ord_2'],
  ])('is not found: %s asks for %s', (customer, id) => {
    place('ada', 'key-0001')
    const notFound = expect.objectContaining({ status: 404, code: 'order-not-found' })
    expect(() => orders.find(customer, id)).toThrow(notFound)
    expect(() => orders.confirm(customer, id)).toThrow(notFound)
  })
})

describe('confirm', () => {
  it('happens once', () => {
    const { id } = place('ada', 'key-0001')
    const confirmed = orders.confirm('ada', id)
    expect(statuses(confirmed)).toEqual(['1 created', '2 confirmed'])
    expect(orders.confirm('ada', id)).toEqual(confirmed)
    now += 10
    orders.advance(10)
    expect(orders.confirm('ada', id)).toMatchObject({ status: 'packed', rev: 3 })
  })
})

describe('advance', () => {
  it('moves what has stood long enough, one step at a time', () => {
    place('ada', 'key-0001')
    const { id } = place('ada', 'key-0002')
    orders.confirm('ada', id)
    now += 999
    expect(orders.advance(1_000)).toBe(0)
    const moved = Array.from({ length: 5 }, () => {
      now += 1_000
      return orders.advance(1_000)
    })
    expect(moved).toEqual([1, 1, 1, 0, 0])
    expect(statuses(orders.find('ada', id))).toEqual([
      '1 created',
      '2 confirmed',
      '3 packed',
      '4 shipped',
      '5 delivered',
    ])
  })
})

describe('list', () => {
  it('pages from the newest, without gap or repeat while orders arrive', () => {
    const ids = Array.from({ length: 5 }, (_, nth) => place('ada', `key-000${nth}`).id).toReversed()
    place('grace', 'key-0000')
    const first = orders.list('ada', undefined, 2)
    place('ada', 'key-late')
    const second = orders.list('ada', first.next, 2)
    const third = orders.list('ada', second.next, 2)
    expect([first, second, third].flatMap(({ items }) => items.map(({ id }) => id))).toEqual(ids)
    expect(third).not.toHaveProperty('next')
  })
  it('promises no page after an exact fit', () => {
    place('ada', 'key-0001')
    place('ada', 'key-0002')
    expect(orders.list('ada', undefined, 2)).not.toHaveProperty('next')
  })
  it.each(['nonsense', 'ord_1'])('refuses a cursor it never gave: %s', (cursor) => {
    place('grace', 'key-0001')
    expect(() => orders.list('ada', cursor, 2)).toThrow(
      expect.objectContaining({ status: 400, code: 'invalid-cursor' }),
    )
  })
})

describe('log', () => {
  it('holds every change in the order it was written', () => {
    const ada = place('ada', 'key-0001')
    const grace = place('grace', 'key-0001')
    now += 5
    orders.confirm('ada', ada.id)
    const { items, last } = log.read(0, 10)
    expect(items.map((event) => OrderEvent.parse(event))).toEqual([
      { orderId: ada.id, customerId: 'ada', rev: 1, status: 'created', at: '2026-01-01T00:00:00.000Z' },
      { orderId: grace.id, customerId: 'grace', rev: 1, status: 'created', at: '2026-01-01T00:00:00.000Z' },
      { orderId: ada.id, customerId: 'ada', rev: 2, status: 'confirmed', at: '2026-01-01T00:00:00.005Z' },
    ])
    expect(log.read(1, 1)).toEqual({ items: [items[1]], last: 2 })
    expect(log.read(last, 10)).toEqual({ items: [], last })
  })
  it('tells a reader that comes from another log', () => {
    place('ada', 'key-0001')
    expect(log.read(57, 10)).toEqual({ items: [], last: 1 })
  })
})
