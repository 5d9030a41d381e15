import type { DatabaseSync } from 'node:sqlite'
import type { Order } from '@bff/contracts/orders'
import { problem } from '@bff/gateway-core/problem'
import type { Carts } from './carts.ts'
import { transaction } from './database.ts'
import { next, step } from './lifecycle.ts'
import type { Row, Store } from './store.ts'

export interface Orders {
  /** The order for this key, created from the cart the first time. */
  place(customerId: string, key: string): Order
  find(customerId: string, id: string): Order
  /** Newest first. A cursor is the ID of the last order seen. */
  list(customerId: string, cursor: string | undefined, limit: number): { items: Order[]; next?: string }
  /** Idempotent. */
  confirm(customerId: string, id: string): Order
  /** Advances every order that has been unchanged for `stepMs`. Returns how many. */
  advance(stepMs: number): number
}

export interface Parts {
  readonly db: DatabaseSync
  readonly carts: Carts
  readonly store: Store
  readonly clock: () => number
  readonly ids: () => string
}

export function openOrders({ db, carts, store, clock, ids }: Parts): Orders {
  const row = (customerId: string, id: string): Row => {
    const found = store.byId(customerId, id)
    if (found === undefined) throw problem(404, 'order-not-found')
    return found
  }
  const find = (customerId: string, id: string): Order => store.whole(row(customerId, id))
  const create = (customerId: string, key: string): Order => {
    if (carts.read(customerId).lines.length === 0) throw problem(409, 'cart-empty')
    const order = { id: ids(), customerId, key, at: clock() }
    store.insert(order)
    carts.empty(customerId)
    return find(customerId, order.id)
  }
  return {
    find,
    place: (customerId, key) =>
      transaction(db, () => {
        const known = store.byKey(customerId, key)
        return known === undefined ? create(customerId, key) : store.whole(known)
      }),
    list: (customerId, cursor, limit) => {
      const before = cursor === undefined ? undefined : store.byId(customerId, cursor)
      if (cursor !== undefined && before === undefined) throw problem(400, 'invalid-cursor')
      return pageOf(store.page(customerId, before, limit + 1).map(store.whole), limit)
    },
    confirm: (customerId, id) =>
      transaction(db, () => {
        const order = row(customerId, id)
        if (order.status === 'created') store.move(order, step(order.status, 'confirmed'), clock())
        return find(customerId, id)
      }),
    advance: (stepMs) =>
      transaction(db, () => {
        const due = store.due(clock() - stepMs)
        for (const order of due) store.move(order, next(order.status), clock())
        return due.length
      }),
  }
}

/** Expects one order more than `limit`, whose presence means there is a next page. */
function pageOf(orders: Order[], limit: number): { items: Order[]; next?: string } {
  const items = orders.slice(0, limit)
  const last = items.at(-1)
  return orders.length > limit && last !== undefined ? { items, next: last.id } : { items }
}
