import { stream } from '../gateway.ts'
import { open } from '../guards.ts'
import { stock } from '../views.ts'

export const liveStock = stream('GET /api/products/:id/stock', {
  guard: open,
  async *items({ params, from }) {
    const { sku } = await from.catalog('GET /products/:id', { id: params.id })
    yield* from.inventory.watchStock({ skus: [sku] })
  },
  view: (level) => stock(level),
})
