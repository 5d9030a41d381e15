import { screen } from '../gateway.ts'
import { open } from '../guards.ts'
import { card } from '../views.ts'

export const home = screen('GET /api/home', {
  guard: open,
  parts: ({ from }) => ({
    categories: from.catalog('GET /categories'),
    featured: from.catalog('GET /products', { featured: 'true', limit: 12 }),
  }),
  view: ({ categories, featured }) => ({
    categories: categories.items.map(({ id, name, productCount }) => ({ id, name, productCount })),
    featured: featured.items.map(card),
  }),
})
