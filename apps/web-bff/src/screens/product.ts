import { optional, stale } from '@bff/gateway-core'
import { screen } from '../gateway.ts'
import { open } from '../guards.ts'
import { levelsOf } from '../parts.ts'
import { card, noLevels, stock } from '../views.ts'

const noReviews = { average: null, count: 0, items: [] }

export const product = screen('GET /api/products/:id', {
  guard: open,
  budget: { bytes: 4_200, calls: 4, p95: 20 },
  parts: ({ params, from }) => {
    const product = from.catalog('GET /products/:id', { id: params.id })
    return {
      product: stale(product),
      categories: stale(from.catalog('GET /categories')),
      stock: optional(
        product.then(({ sku }) => levelsOf(from, [{ sku }])),
        noLevels,
      ),
      reviews: optional(from.reviews('GET /reviews', { productId: params.id, limit: 10 }), noReviews),
    }
  },
  view: ({ product, categories, stock: known, reviews }) => ({
    product: {
      ...card(product),
      description: product.description,
      category: {
        id: product.categoryId,
        name: categories.items.find(({ id }) => id === product.categoryId)?.name ?? product.categoryId,
      },
      specs: product.specs,
    },
    stock: stock(known.get(product.sku)),
    reviews: {
      average: reviews.average,
      count: reviews.count,
      items: reviews.items.map(({ createdAt, ...review }) => ({ ...review, date: createdAt })),
    },
  }),
})
