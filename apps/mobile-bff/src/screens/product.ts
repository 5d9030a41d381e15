import { optional, stale } from '@bff/gateway-core'
import { screen } from '../gateway.ts'
import { open } from '../guards.ts'
import { availability, card } from '../views.ts'

/** Characters of a description that fit on a phone's first screen. */
const teaser = 160

export const product = screen('GET /m/v1/products/:id', {
  guard: open,
  budget: { bytes: 500, calls: 3, p95: 20 },
  parts: ({ params, from }) => {
    const product = from.catalog('GET /products/:id', { id: params.id })
    return {
      product: stale(product),
      stock: optional(
        product.then(({ sku }) => from.inventory.getStock({ skus: [sku] })).then(({ levels }) => levels[0]),
        undefined,
      ),
      reviews: optional(
        from.reviews('GET /reviews', { productId: params.id, limit: 1 }).then(({ average }) => average),
        null,
      ),
    }
  },
  view: ({ product, stock, reviews }) => ({
    ...card(product),
    currency: product.price.currency,
    ...shorten(product.description),
    av: availability(stock),
    stars: reviews,
  }),
})

export function shorten(description: string): { text: string; more: boolean } {
  if (description.length <= teaser) return { text: description, more: false }
  const cut = description.slice(0, teaser)
  const end = cut.lastIndexOf(' ')
  return { text: `${end < 0 ? cut : cut.slice(0, end)}…`, more: true }
}
