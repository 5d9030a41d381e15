import { stale } from '@bff/gateway-core'
import { screen } from '../gateway.ts'
import { open } from '../guards.ts'
import { card } from '../views.ts'

export const home = screen('GET /m/v1/home', {
  guard: open,
  budget: { bytes: 1_600, calls: 1, p95: 10 },
  parts: ({ query, from }) => ({ featured: stale(from.catalog('GET /products', { featured: 'true', ...query })) }),
  view: ({ featured: { items, next } }) => ({
    cards: items.map(card),
    currency: items[0]?.price.currency ?? 'EUR',
    ...(next === undefined ? {} : { next }),
  }),
})
