import type { Cart } from '@bff/contracts/orders'
import { optional, stale } from '@bff/gateway-core'
import { screen } from '../gateway.ts'
import { signedIn } from '../guards.ts'
import { levelsOf, productsOf } from '../parts.ts'
import { itemCount, line, noLevels, price, stock } from '../views.ts'

export const cart = screen('GET /api/cart', {
  guard: signedIn,
  budget: { bytes: 28_500, calls: 3, p95: 30 },
  parts: ({ from }) => {
    const cart = from.orders('GET /cart')
    return {
      cart,
      products: stale(cart.then(({ lines }) => productsOf(from, lines))),
      stock: optional(
        cart.then(({ lines }) => levelsOf(from, lines)),
        noLevels,
      ),
    }
  },
  view: ({ cart, products, stock: known }) => ({
    lines: cart.lines.map((l, i) => ({ ...line(l, products[i]), stock: stock(known.get(l.sku)) })),
    total: price(cart.total),
    itemCount: itemCount(cart.lines),
    rev: cart.rev,
  }),
})

const size = (cart: Cart) => ({ itemCount: itemCount(cart.lines), rev: cart.rev })

export const setItem = screen('PUT /api/cart/items/:productId', {
  guard: signedIn,
  budget: { bytes: 100, calls: 1, p95: 20 },
  parts: ({ params, body, from }) => ({
    cart: from.orders('PUT /cart/items/:productId', { productId: params.productId, body }),
  }),
  view: ({ cart }) => size(cart),
})

export const removeItem = screen('DELETE /api/cart/items/:productId', {
  guard: signedIn,
  budget: { bytes: 100, calls: 1, p95: 10 },
  parts: ({ params, from }) => ({
    cart: from.orders('DELETE /cart/items/:productId', { productId: params.productId }),
  }),
  view: ({ cart }) => size(cart),
})
