import { screen } from '../gateway.ts'
import { signedIn } from '../guards.ts'
import { productsOf } from '../parts.ts'
import { itemCount, line, orderHead } from '../views.ts'

export const createOrder = screen('POST /api/orders', {
  guard: signedIn,
  parts: ({ headers, from }) => ({ order: from.orders('POST /orders', { headers }) }),
  view: ({ order }) => ({ orderId: order.id, status: order.status }),
  headers: ({ orderId }) => ({ location: `/api/checkout/${orderId}` }),
})

export const orders = screen('GET /api/orders', {
  guard: signedIn,
  parts: ({ query, from }) => ({ orders: from.orders('GET /orders', query) }),
  view: ({ orders }) => ({
    items: orders.items.map((order) => ({
      ...orderHead(order),
      itemCount: itemCount(order.lines),
      items: order.lines.map(({ name }) => name),
    })),
    ...(orders.next === undefined ? {} : { next: orders.next }),
  }),
})

export const order = screen('GET /api/orders/:id', {
  guard: signedIn,
  parts: ({ params, from }) => {
    const order = from.orders('GET /orders/:id', { id: params.id })
    return {
      order,
      products: order.then(({ lines }) => productsOf(from, lines)),
    }
  },
  view: ({ order, products }) => ({
    order: orderHead(order),
    lines: order.lines.map((l) => line(l, products)),
    timeline: order.history,
  }),
})
