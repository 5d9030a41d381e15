import type { DatabaseSync } from 'node:sqlite'
import type { Cart } from '@bff/contracts/orders'
import { transaction } from './database.ts'
import { type Item, priced, type Snapshot, totalOf } from './line.ts'

export interface Carts {
  read(customerId: string): Cart
  put(customerId: string, product: Snapshot, quantity: number): Cart
  remove(customerId: string, productId: string): Cart
  /** Runs in the caller's transaction. */
  empty(customerId: string): void
}

export function openCarts(db: DatabaseSync): Carts {
  const rev = db.prepare('SELECT rev FROM carts WHERE customer_id = ?')
  const lines = db.prepare(
    `SELECT product_id AS productId, sku, name, quantity, unit_price AS unitPrice
     FROM cart_lines WHERE customer_id = ? ORDER BY position`,
  )
  const put = db.prepare(
    `INSERT INTO cart_lines (customer_id, product_id, sku, name, quantity, unit_price) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (customer_id, product_id) DO UPDATE
     SET sku = excluded.sku, name = excluded.name, quantity = excluded.quantity, unit_price = excluded.unit_price
     WHERE (sku, name, quantity, unit_price) IS NOT (excluded.sku, excluded.name, excluded.quantity, excluded.unit_price)`,
  )
  const remove = db.prepare('DELETE FROM cart_lines WHERE customer_id = ? AND product_id = ?')
  const empty = db.prepare('DELETE FROM cart_lines WHERE customer_id = ?')
  const grow = db.prepare(
    'INSERT INTO carts (customer_id, rev) VALUES (?, 1) ON CONFLICT (customer_id) DO UPDATE SET rev = rev + 1',
  )

  const read = (customerId: string): Cart => {
    const priceds = (lines.all(customerId) as unknown as Item[]).map(priced)
    return { lines: priceds, total: totalOf(priceds), rev: Number(rev.get(customerId)?.['rev'] ?? 0) }
  }
  const change = (customerId: string, { changes }: { changes: number | bigint }): void => {
    if (Number(changes) > 0) grow.run(customerId)
  }

  return {
    read,
    put: (customerId, { productId, sku, name, unitPrice }, quantity) =>
      transaction(db, () => {
        change(customerId, put.run(customerId, productId, sku, name, quantity, unitPrice))
        return read(customerId)
      }),
    remove: (customerId, productId) =>
      transaction(db, () => {
        change(customerId, remove.run(customerId, productId))
        return read(customerId)
      }),
    empty: (customerId) => change(customerId, empty.run(customerId)),
  }
}
