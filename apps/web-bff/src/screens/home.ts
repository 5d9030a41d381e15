import { stale } from '@bff/gateway-core'
import { screen } from '../gateway.ts'
import { open } from '../guards.ts'
import { card } from '../views.ts'

export const home = screen('GET /api/home', {
  guard: open,
  budget: { bytes: 4_500, calls: 2, p95: 10 },
  parts: ({ from }) => ({
    categories: stale(from.catalog('GET /categories')),
    featured: stale(from.catalog('GET /products', { featured: 'true', limit: 12 }).unexpected('invalid-cursor')),
  }),
  view: ({ categories, featured }) => ({
    categories: categories.items.map(({ id, name, productCount }) => ({ id, name, productCount })),
    featured: featured.items.map(card),
  }),
})
