import type { Customer } from '@bff/contracts/customers'
import { optional } from '@bff/gateway-core'
import { screen } from '../gateway.ts'
import { signedIn } from '../guards.ts'
import { availability, imageKey, line } from '../views.ts'

export const checkout = screen('GET /m/v1/checkout/:orderId', {
  guard: signedIn,
  parts: ({ params, user, from }) => {
    const order = from.orders('GET /orders/:id', { id: params.orderId })
    return {
      order,
      products: order.then(({ lines }) => from.catalog('GET /products', { ids: lines.map((l) => l.productId) })),
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
    lines: order.lines.map((l) => ({
      id: l.productId,
      img: imageKey(products.items.find(({ id }) => id === l.productId)?.image ?? ''),
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
  parts: ({ params, from }) => ({ order: from.orders('POST /orders/:id/confirm', { id: params.orderId }) }),
  view: ({ order: { id, status, rev } }) => ({ id, status, rev }),
})
