import { screen } from '../gateway.ts'
import { open } from '../guards.ts'
import { card } from '../views.ts'

export const home = screen('GET /m/v1/home', {
  guard: open,
  parts: ({ from }) => ({ featured: from.catalog('GET /products', { featured: 'true', limit: 12 }) }),
  view: ({ featured }) => ({
    cards: featured.items.map(card),
    currency: featured.items[0]?.price.currency ?? 'EUR',
  }),
})
