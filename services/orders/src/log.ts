import type { DatabaseSync } from 'node:sqlite'
import type { Order, OrderEvent } from '@bff/contracts/orders'
import type { OrderStatus } from './lifecycle.ts'

export interface Change {
  readonly rev: number
  readonly status: OrderStatus
  readonly at: number
}

interface Entry extends Change {
  readonly seq: number
  readonly orderId: string
  readonly customerId: string
}

export interface EventLog {
  /** Runs in the caller's transaction. */
  append(orderId: string, change: Change): void
  history(orderId: string): Order['history']
  /** `last` is the next `after`. It is less than `after` only if that came from another log. */
  read(after: number, limit: number): { items: OrderEvent[]; last: number }
}

export function openLog(db: DatabaseSync): EventLog {
  const append = db.prepare('INSERT INTO events (order_id, rev, status, at) VALUES (?, ?, ?, ?)')
  const history = db.prepare('SELECT rev, status, at FROM events WHERE order_id = ? ORDER BY rev')
  const newest = db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM events')
  const read = db.prepare(
    `SELECT seq, order_id AS orderId, customer_id AS customerId, events.rev, events.status, at
     FROM events JOIN orders ON orders.id = order_id WHERE seq > ? ORDER BY seq LIMIT ?`,
  )
  return {
    append: (orderId, { rev, status, at }) => void append.run(orderId, rev, status, at),
    history: (orderId) => (history.all(orderId) as unknown as Change[]).map(stepOf),
    read: (after, limit) => {
      const entries = read.all(after, limit) as unknown as Entry[]
      const { seq } = entries.at(-1) ?? (newest.get() as unknown as Pick<Entry, 'seq'>)
      return {
        items: entries.map(({ orderId, customerId, ...change }) => ({ orderId, customerId, ...stepOf(change) })),
        last: seq,
      }
    },
  }
}

const stepOf = ({ rev, status, at }: Change): Order['history'][number] => ({
  rev,
  status,
  at: new Date(at).toISOString(),
})
