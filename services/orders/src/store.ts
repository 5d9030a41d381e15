import type { DatabaseSync } from 'node:sqlite'
import type { Order } from '@bff/contracts/orders'
import type { OrderStatus } from './lifecycle.ts'
import { type Item, priced, totalOf } from './line.ts'
import type { Change, EventLog } from './log.ts'

export interface Row {
  readonly number: number
  readonly id: string
  readonly customerId: string
  readonly status: OrderStatus
  readonly rev: number
  readonly createdAt: number
}

export interface NewOrder {
  readonly id: string
  readonly customerId: string
  readonly key: string
  readonly at: number
}

/** Writes run in the caller's transaction. */
export interface Store {
  byId(customerId: string, id: string): Row | undefined
  byKey(customerId: string, key: string): Row | undefined
  /** Newest first. */
  page(customerId: string, before: Row | undefined, limit: number): Row[]
  /** Orders in the warehouse, unchanged since `since`. */
  due(since: number): Row[]
  /** Copies the lines of the customer's cart. */
  insert(order: NewOrder): void
  move(order: Row, to: OrderStatus, at: number): void
  readonly whole: (row: Row) => Order
}

export function openStore(db: DatabaseSync, log: EventLog): Store {
  const sql = statements(db)
  return {
    byId: (customerId, id) => sql.byId.get(customerId, id) as Row | undefined,
    byKey: (customerId, key) => sql.byKey.get(customerId, key) as Row | undefined,
    page: (customerId, before, limit) =>
      sql.page.all(customerId, before?.number ?? Number.MAX_SAFE_INTEGER, limit) as unknown as Row[],
    due: (since) => sql.due.all(since) as unknown as Row[],
    insert: ({ id, customerId, key, at }) => {
      const first: Change = { status: 'created', rev: 1, at }
      sql.insert.run(id, customerId, key, first.status, first.rev, at, at)
      sql.copyLines.run(id, customerId)
      log.append(id, first)
    },
    move: ({ id, rev }, status, at) => {
      sql.move.run(status, rev + 1, at, id)
      log.append(id, { status, rev: rev + 1, at })
    },
    whole: ({ id, customerId, status, rev, createdAt }) => {
      const lines = (sql.lines.all(id) as unknown as Item[]).map(priced)
      return {
        id,
        customerId,
        status,
        rev,
        lines,
        total: totalOf(lines),
        createdAt: new Date(createdAt).toISOString(),
        history: log.history(id),
      }
    },
  }
}

const row = 'SELECT number, id, customer_id AS customerId, status, rev, created_at AS createdAt FROM orders'

const statements = (db: DatabaseSync) => ({
  byId: db.prepare(`${row} WHERE customer_id = ? AND id = ?`),
  byKey: db.prepare(`${row} WHERE customer_id = ? AND idempotency_key = ?`),
  page: db.prepare(`${row} WHERE customer_id = ? AND number < ? ORDER BY number DESC LIMIT ?`),
  // Bounded, so that catching up after a long downtime never blocks the process; the next beat does the rest.
  due: db.prepare(
    `${row} WHERE status IN ('confirmed', 'packed', 'shipped') AND changed_at <= ? ORDER BY changed_at LIMIT 500`,
  ),
  insert: db.prepare(
    `INSERT INTO orders (id, customer_id, idempotency_key, status, rev, created_at, changed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  ),
  copyLines: db.prepare(
    `INSERT INTO order_lines (order_id, position, product_id, sku, name, quantity, unit_price)
     SELECT ?, position, product_id, sku, name, quantity, unit_price FROM cart_lines WHERE customer_id = ?`,
  ),
  lines: db.prepare(
    `SELECT product_id AS productId, sku, name, quantity, unit_price AS unitPrice
     FROM order_lines WHERE order_id = ? ORDER BY position`,
  ),
  move: db.prepare('UPDATE orders SET status = ?, rev = ?, changed_at = ? WHERE id = ?'),
})
