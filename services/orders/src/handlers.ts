import type { orders as contract } from '@bff/contracts/orders'
import type { Handlers } from '@bff/service-kit'
import type { Carts } from './carts.ts'
import type { FindProduct } from './catalog.ts'
import type { Stock } from './inventory.ts'
import type { EventLog } from './log.ts'
import type { Orders } from './orders.ts'

interface Parts {
  readonly carts: Carts
  readonly orders: Orders
  readonly log: EventLog
  readonly product: FindProduct
  readonly stock: Stock
}

export const handlers = ({ carts, orders, log, product, stock }: Parts): Handlers<typeof contract> => ({
  'GET /cart': ({ user }) => carts.read(user.id),

  'PUT /cart/items/:productId': async ({ user, params, body, traceId }) =>
    carts.put(user.id, await product(params.productId, traceId), body.quantity),

  'DELETE /cart/items/:productId': ({ user, params }) => carts.remove(user.id, params.productId),

  'POST /orders': ({ user, headers }) => orders.place(user.id, headers['idempotency-key']),

  'GET /orders': ({ user, query }) => orders.list(user.id, query.cursor, query.limit),

  'GET /orders/:id': ({ user, params }) => orders.find(user.id, params.id),

  'POST /orders/:id/confirm': async ({ user, params, traceId }) => {
    const order = orders.find(user.id, params.id)
    if (order.status !== 'created') return order
    // A crash between these two is harmless: the order is still `created`, and reserving is idempotent.
    await stock.reserve(order, traceId)
    return orders.confirm(user.id, order.id)
  },

  'GET /events': ({ query }) => log.read(query.after, query.limit),
})
