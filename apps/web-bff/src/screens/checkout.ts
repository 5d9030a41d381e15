import type { Product } from '@bff/contracts/catalog'
import type { Customer } from '@bff/contracts/customers'
import type { Order } from '@bff/contracts/orders'
import { optional, stale } from '@bff/gateway-core'
import { screen } from '../gateway.ts'
import { signedIn } from '../guards.ts'
import { levelsOf, productsOf } from '../parts.ts'
import { type Levels, line, noLevels, orderHead, stock } from '../views.ts'

const countries = new Intl.DisplayNames('en', { type: 'region' })

export const checkout = screen('GET /api/checkout/:orderId', {
  guard: signedIn,
  budget: { bytes: 29_000, calls: 4, p95: 30 },
  parts: ({ params, user, from }) => {
    const order = from.orders('GET /orders/:id', { id: params.orderId })
    return {
      order,
      products: stale(order.then(({ lines }) => productsOf(from, lines))),
      // Needs no order, so it starts at once.
      customer: from.customers('GET /customers/:id', { id: user.id }),
      stock: optional(
        order.then(({ lines }) => levelsOf(from, lines)),
        noLevels,
      ),
    }
  },
  view: ({ order, products, customer, stock }) => checkoutView(order, products, customer, stock),
})

export const checkoutView = (
  order: Order,
  products: readonly (Product | undefined)[],
  customer: Customer,
  known: Levels,
) => ({
  order: orderHead(order),
  lines: order.lines.map((l, i) => ({ ...line(l, products[i]), stock: stock(known.get(l.sku)) })),
  customer: {
    name: `${customer.givenName} ${customer.familyName}`,
    email: customer.email,
    addresses: customer.addresses.map(({ id, label, street, postalCode, city, country, isDefault }) => ({
      id,
      label,
      lines: [street, `${postalCode} ${city}`, countries.of(country) ?? country],
      isDefault,
    })),
  },
  canConfirm: order.status === 'created',
})

export const confirm = screen('POST /api/checkout/:orderId/confirm', {
  guard: signedIn,
  budget: { bytes: 100, calls: 1, p95: 10 },
  parts: ({ params, from }) => ({ order: from.orders('POST /orders/:id/confirm', { id: params.orderId }) }),
  view: ({ order }) => ({ orderId: order.id, status: order.status, rev: order.rev }),
})
