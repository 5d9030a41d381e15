import type { Customer } from '@bff/contracts/customers'
import { each, optional, stale } from '@bff/gateway-core'
import { screen } from '../gateway.ts'
import { signedIn } from '../guards.ts'
import { availability, imageKey, line } from '../views.ts'

export const checkout = screen('GET /m/v1/checkout/:orderId', {
  guard: signedIn,
  budget: { bytes: 7_100, calls: 4, p95: 30 },
  parts: ({ params, user, from }) => {
    const order = from.orders('GET /orders/:id', { id: params.orderId })
    return {
      order,
      products: stale(
        order.then(({ lines }) =>
          each(lines, ({ productId }) =>
            from.catalog('GET /products/:id', { id: productId }).except('product-not-found', undefined),
          ),
        ),
      ),
      customer: from.customers('GET /customers/:id', { id: user.id }),
      stock: optional(
        order
          .then(({ lines }) => from.inventory.getStock({ skus: lines.map(({ sku }) => sku) }))
          .then(({ levels }) => levels),
        [],
      ),
    }
  },
  view: ({ order, products, customer, stock }) => ({
    id: order.id,
    status: order.status,
    rev: order.rev,
    lines: order.lines.map((l, i) => ({
      id: l.productId,
      img: imageKey(products[i]?.image ?? ''),
      ...line(l),
      av: availability(stock.find(({ sku }) => sku === l.sku)),
    })),
    total: order.total.amount,
    currency: order.total.currency,
    to: shipTo(customer),
  }),
})

export function shipTo({ givenName, familyName, addresses }: Customer): string {
  const address = addresses.find(({ isDefault }) => isDefault) ?? addresses[0]
  const name = `${givenName} ${familyName}`
  return address === undefined ? name : `${name}, ${address.street}, ${address.postalCode} ${address.city}`
}

export const confirm = screen('POST /m/v1/checkout/:orderId/confirm', {
  guard: signedIn,
  budget: { bytes: 100, calls: 1, p95: 10 },
  parts: ({ params, from }) => ({ order: from.orders('POST /orders/:id/confirm', { id: params.orderId }) }),
  view: ({ order: { id, status, rev } }) => ({ id, status, rev }),
})
