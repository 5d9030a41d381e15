import { screen } from '../gateway.ts'
import { signedIn } from '../guards.ts'
import { line, row } from '../views.ts'

export const createOrder = screen('POST /m/v1/orders', {
  guard: signedIn,
  budget: { bytes: 100, calls: 1, p95: 10 },
  parts: ({ headers, from }) => ({ order: from.orders('POST /orders', { headers }) }),
  view: ({ order: { id, status, rev } }) => ({ id, status, rev }),
  headers: ({ id }) => ({ location: `/m/v1/checkout/${id}` }),
})

export const orders = screen('GET /m/v1/orders', {
  guard: signedIn,
  budget: { bytes: 2_200, calls: 1, p95: 10 },
  parts: ({ query, from }) => ({ orders: from.orders('GET /orders', query) }),
  view: ({ orders: { items, next } }) => ({
    items: items.map(row),
    currency: items[0]?.total.currency ?? 'EUR',
    ...(next === undefined ? {} : { next }),
  }),
})

export const order = screen('GET /m/v1/orders/:id', {
  guard: signedIn,
  budget: { bytes: 3_300, calls: 1, p95: 10 },
  parts: ({ params, from }) => ({ order: from.orders('GET /orders/:id', { id: params.id }) }),
  view: ({ order }) => ({ ...row(order), currency: order.total.currency, lines: order.lines.map(line) }),
})
