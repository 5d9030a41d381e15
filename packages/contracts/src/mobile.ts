import type { Contract } from '@bff/gateway-core/contract'
import { z } from 'zod'
import { Availability, cursor, IdempotencyKey, limit, OrderStatus, page, Quantity } from './common.ts'

/** Prices are minor units of one `currency` per answer; images are keys; text is one line. */
const Card = z.object({ id: z.string(), name: z.string(), price: z.int(), img: z.string() })
const OrderRow = z.object({
  id: z.string(),
  status: OrderStatus,
  rev: z.int(),
  total: z.int(),
  count: z.int(),
  at: z.string(),
})
const currency = z.string()

/** What mobile-bff answers the app. */
export const mobile = {
  'GET /m/v1/home': { out: z.object({ cards: z.array(Card), currency }) },
  'GET /m/v1/products/:id': {
    out: Card.extend({
      currency,
      text: z.string(),
      more: z.boolean(),
      av: Availability,
      stars: z.number().nullable(),
    }),
    optional: ['stock', 'reviews'],
    errors: { 'product-not-found': 404 },
  },
  'GET /m/v1/cart': {
    out: z.object({
      lines: z.array(z.object({ id: z.string(), name: z.string(), qty: z.int(), total: z.int() })),
      total: z.int(),
      currency,
      rev: z.int(),
    }),
  },
  'PUT /m/v1/cart/items/:productId': {
    body: Quantity,
    out: z.object({ count: z.int(), rev: z.int() }),
    errors: { 'product-not-found': 404, 'catalog-unavailable': 503 },
  },
  'DELETE /m/v1/cart/items/:productId': { out: z.object({ count: z.int(), rev: z.int() }) },
  'POST /m/v1/orders': {
    status: 201,
    headers: IdempotencyKey,
    out: z.object({ id: z.string(), status: OrderStatus, rev: z.int() }),
    errors: { 'cart-empty': 409 },
  },
  'GET /m/v1/orders': {
    query: z.object({ cursor, limit: limit(15, 50) }),
    out: page(OrderRow).extend({ currency }),
    errors: { 'invalid-cursor': 400 },
  },
  'GET /m/v1/orders/:id': {
    out: OrderRow.extend({ currency, lines: z.array(z.object({ name: z.string(), qty: z.int(), total: z.int() })) }),
    errors: { 'order-not-found': 404 },
  },
  'GET /m/v1/checkout/:orderId': {
    out: z.object({
      id: z.string(),
      status: OrderStatus,
      rev: z.int(),
      lines: z.array(
        z.object({ id: z.string(), name: z.string(), img: z.string(), qty: z.int(), total: z.int(), av: Availability }),
      ),
      total: z.int(),
      currency,
      to: z.string(),
    }),
    optional: ['stock'],
    errors: { 'order-not-found': 404, 'customer-not-found': 404 },
  },
  'POST /m/v1/checkout/:orderId/confirm': {
    out: z.object({ id: z.string(), status: OrderStatus, rev: z.int() }),
    errors: { 'order-not-found': 404, 'out-of-stock': 409, 'inventory-unavailable': 503 },
  },
} as const satisfies Contract

export type Mobile = typeof mobile
