import type { Contract } from '@bff/gateway-core/contract'
import { z } from 'zod'
import { cursor, IdempotencyKey, limit, Money, OrderStatus, page, Quantity } from './common.ts'

/** Name and price as of when the line was written. */
export const Line = z.object({
  productId: z.string(),
  sku: z.string(),
  name: z.string(),
  quantity: z.int(),
  unitPrice: Money,
  total: Money,
})
export type Line = z.infer<typeof Line>

export const Cart = z.object({ lines: z.array(Line), total: Money, rev: z.int() })
export type Cart = z.infer<typeof Cart>

/** `rev` grows by one with every change of an order. */
export const OrderEvent = z.object({
  orderId: z.string(),
  customerId: z.string(),
  rev: z.int(),
  status: OrderStatus,
  at: z.iso.datetime(),
})
export type OrderEvent = z.infer<typeof OrderEvent>

export const Order = z.object({
  id: z.string(),
  customerId: z.string(),
  status: OrderStatus,
  rev: z.int(),
  lines: z.array(Line),
  total: Money,
  createdAt: z.iso.datetime(),
  history: z.array(OrderEvent.pick({ rev: true, status: true, at: true })),
})
export type Order = z.infer<typeof Order>

/** Scoped to the caller: another customer's order is not found. */
export const orders = {
  'GET /cart': { out: Cart },
  'PUT /cart/items/:productId': {
    body: Quantity,
    out: Cart,
    errors: { 'product-not-found': 404, 'catalog-unavailable': 503 },
  },
  'DELETE /cart/items/:productId': { out: Cart },
  /** Turns the cart into an order and empties it. The same key always returns the same order, whatever the cart holds by then. */
  'POST /orders': { status: 201, headers: IdempotencyKey, out: Order, errors: { 'cart-empty': 409 } },
  'GET /orders': {
    query: z.object({ cursor, limit: limit(20, 100) }),
    out: page(Order),
    errors: { 'invalid-cursor': 400 },
  },
  'GET /orders/:id': { out: Order, errors: { 'order-not-found': 404 } },
  /** created → confirmed, once stock is reserved. Idempotent. */
  'POST /orders/:id/confirm': {
    out: Order,
    errors: { 'order-not-found': 404, 'out-of-stock': 409, 'inventory-unavailable': 503 },
  },
  /** The log of all orders in write order, for services. `after` and `last` count log entries. */
  'GET /events': {
    auth: 'service',
    query: z.object({ after: z.coerce.number<number>().int().min(0).default(0), limit: limit(100, 1000) }),
    out: z.object({ items: z.array(OrderEvent), last: z.int() }),
  },
} as const satisfies Contract
