import type { Cart } from '@bff/contracts/orders'
import { screen } from '../gateway.ts'
import { signedIn } from '../guards.ts'
import { count, line } from '../views.ts'

export const cart = screen('GET /m/v1/cart', {
  guard: signedIn,
  budget: { bytes: 4_800, calls: 1, p95: 10 },
  parts: ({ from }) => ({ cart: from.orders('GET /cart') }),
  view: ({ cart }) => ({
    lines: cart.lines.map((l) => ({ id: l.productId, ...line(l) })),
    total: cart.total.amount,
    currency: cart.total.currency,
    rev: cart.rev,
  }),
})

const size = (cart: Cart) => ({ count: count(cart.lines), rev: cart.rev })

export const setItem = screen('PUT /m/v1/cart/items/:productId', {
  guard: signedIn,
  budget: { bytes: 100, calls: 1, p95: 20 },
  parts: ({ params, body, from }) => ({
    cart: from.orders('PUT /cart/items/:productId', { productId: params.productId, body }),
  }),
  view: ({ cart }) => size(cart),
})

export const removeItem = screen('DELETE /m/v1/cart/items/:productId', {
  guard: signedIn,
  budget: { bytes: 100, calls: 1, p95: 10 },
  parts: ({ params, from }) => ({
    cart: from.orders('DELETE /cart/items/:productId', { productId: params.productId }),
  }),
  view: ({ cart }) => size(cart),
})
