import { stale } from '@bff/gateway-core'
import { live, screen } from '../gateway.ts'
import { signedIn } from '../guards.ts'
import { productsOf } from '../parts.ts'
import { itemCount, line, orderHead } from '../views.ts'

export const createOrder = screen('POST /api/orders', {
  guard: signedIn,
  budget: { bytes: 100, calls: 1, p95: 10 },
  parts: ({ headers, from }) => ({ order: from.orders('POST /orders', { headers }) }),
  view: ({ order }) => ({ orderId: order.id, status: order.status }),
  headers: ({ orderId }) => ({ location: `/api/checkout/${orderId}` }),
})

export const orders = screen('GET /api/orders', {
  guard: signedIn,
  budget: { bytes: 7_100, calls: 1, p95: 10 },
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
  budget: { bytes: 25_500, calls: 2, p95: 20 },
  parts: ({ params, from }) => {
    const order = from.orders('GET /orders/:id', { id: params.id })
    return {
      order,
      products: stale(order.then(({ lines }) => productsOf(from, lines))),
    }
  },
  view: ({ order, products }) => ({
    order: orderHead(order),
    lines: order.lines.map((l, i) => line(l, products[i])),
    timeline: order.history,
  }),
})

export const orderEvents = live('GET /api/orders/:id/events', {
  guard: signedIn,
  follow: ({ params, after, from }) => from.tracking('GET /orders/:id/events', { id: params.id, after }),
  view: ({ rev, status, at }) => ({ rev, status, at }),
  over: ({ status }) => status === 'delivered',
})
