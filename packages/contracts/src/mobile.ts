import type { Contract } from '@bff/gateway-core/contract'
import { z } from 'zod'
import { OrderUpdate } from './mobile-live.ts'
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

/** The contract between mobile-bff and the app. */
export const mobile = {
  'GET /m/v1/bootstrap': {
    summary: 'Data an app needs at startup: supported versions, feature flags, image URLs',
    auth: 'open',
    out: z.object({
      minVersion: z.string(),
      latest: z.string(),
      storeUrl: z.string(),
      flags: z.record(z.string(), z.boolean()),
      images: z.object({ path: z.string(), widths: z.array(z.int()) }),
    }),
  },
  'POST /m/v1/batch': {
    summary: 'Up to ten requests in one, each with its own response',
    auth: 'open',
    body: z.object({
      parts: z
        .array(
          z.object({
            id: z.string().min(1).max(64),
            method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
            path: z.string().startsWith('/'),
            headers: z.record(z.string(), z.string()).optional(),
            body: z.unknown().optional(),
          }),
        )
        .min(1)
        .max(10),
    }),
    out: z.object({
      parts: z.array(
        z.object({
          id: z.string(),
          status: z.int(),
          headers: z.record(z.string(), z.string()).optional(),
          body: z.unknown().optional(),
        }),
      ),
    }),
  },
  'GET /m/v1/home': {
    summary: 'Products for the home screen, paginated',
    auth: 'open',
    stale: ['featured'],
    query: z.object({ cursor, limit: limit(12, 50) }),
    out: z.object({ cards: z.array(Card), currency, next: z.string().optional() }),
    errors: { 'invalid-cursor': 400 },
  },
  'GET /m/v1/products/:id': {
    summary: 'A product, its stock and its reviews',
    auth: 'open',
    stale: ['product'],
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
    summary: 'The cart',
    out: z.object({
      lines: z.array(z.object({ id: z.string(), name: z.string(), qty: z.int(), total: z.int() })),
      total: z.int(),
      currency,
      rev: z.int(),
    }),
  },
  'PUT /m/v1/cart/items/:productId': {
    summary: 'Set the quantity of a product in the cart',
    body: Quantity,
    out: z.object({ count: z.int(), rev: z.int() }),
    errors: { 'product-not-found': 404, 'catalog-unavailable': 503 },
  },
  'DELETE /m/v1/cart/items/:productId': {
    summary: 'Remove a product from the cart',
    out: z.object({ count: z.int(), rev: z.int() }),
  },
  'POST /m/v1/orders': {
    summary: 'Order the contents of the cart',
    status: 201,
    headers: IdempotencyKey,
    out: z.object({ id: z.string(), status: OrderStatus, rev: z.int() }),
    errors: { 'cart-empty': 409 },
  },
  'GET /m/v1/orders': {
    summary: 'Orders, newest first',
    query: z.object({ cursor, limit: limit(15, 50) }),
    out: page(OrderRow).extend({ currency }),
    errors: { 'invalid-cursor': 400 },
  },
  'GET /m/v1/orders/:id': {
    summary: 'An order',
    out: OrderRow.extend({ currency, lines: z.array(z.object({ name: z.string(), qty: z.int(), total: z.int() })) }),
    errors: { 'order-not-found': 404 },
  },
  'GET /m/v1/orders/:id/events': {
    summary: 'Events of an order since `after`; waits up to `wait` milliseconds when there are none yet',
    query: z.object({
      after: z.coerce.number<number>().int().min(0).max(999_999_999).default(0),
      wait: z.coerce.number<number>().int().min(0).max(25_000).default(0),
    }),
    out: z.object({
      events: z.array(OrderUpdate),
      /** The last known one: `after` of the next request. */
      rev: z.int(),
      /** Earlier events are no longer available: read the order again. */
      resync: z.boolean(),
    }),
    errors: { 'order-not-found': 404 },
    polls: true,
  },
  'POST /m/v1/tickets': {
    summary: 'A ticket that opens one socket at /m/v1/live within `expiresIn` milliseconds',
    out: z.object({ ticket: z.string(), expiresIn: z.int() }),
  },
  'GET /m/v1/checkout/:orderId': {
    summary: 'An order to confirm',
    stale: ['products'],
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
    summary: 'Confirm an order',
    out: z.object({ id: z.string(), status: OrderStatus, rev: z.int() }),
    errors: { 'order-not-found': 404, 'out-of-stock': 409, 'inventory-unavailable': 503 },
  },
} as const satisfies Contract

export type Mobile = typeof mobile
