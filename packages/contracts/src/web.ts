import type { Contract } from '@bff/gateway-core/contract'
import { z } from 'zod'
import { Availability, cursor, IdempotencyKey, limit, OrderStatus, page, Quantity } from './common.ts'

/** Minor units and display text. */
const Price = z.object({ amount: z.int(), currency: z.string(), text: z.string() })

const Card = z.object({
  id: z.string(),
  name: z.string(),
  brand: z.string(),
  summary: z.string(),
  price: Price,
  image: z.string(),
})

const Stock = z.object({ availability: Availability, text: z.string() })

const Line = z.object({
  product: Card,
  quantity: z.int(),
  unitPrice: Price,
  total: Price,
  stock: Stock,
})

const Order = z.object({ id: z.string(), status: OrderStatus, rev: z.int(), createdAt: z.string(), total: Price })

const Timeline = z.array(z.object({ rev: z.int(), status: OrderStatus, at: z.string() }))

/** The contract between web-bff and the browser. */
export const web = {
  'GET /api/home': {
    summary: 'The home page',
    auth: 'open',
    stale: ['categories', 'featured'],
    out: z.object({
      categories: z.array(z.object({ id: z.string(), name: z.string(), productCount: z.int() })),
      featured: z.array(Card),
    }),
  },
  'GET /api/products/:id': {
    summary: 'A product, its stock and its reviews',
    auth: 'open',
    stale: ['product', 'categories'],
    out: z.object({
      product: Card.extend({
        description: z.string(),
        category: z.object({ id: z.string(), name: z.string() }),
        specs: z.array(z.object({ name: z.string(), value: z.string() })),
      }),
      stock: Stock,
      reviews: z.object({
        average: z.number().nullable(),
        count: z.int(),
        items: z.array(
          z.object({
            id: z.string(),
            author: z.string(),
            rating: z.int(),
            title: z.string(),
            text: z.string(),
            date: z.string(),
          }),
        ),
      }),
    }),
    optional: ['stock', 'reviews'],
    errors: { 'product-not-found': 404 },
  },
  'GET /api/products/:id/stock': {
    summary: "A product's stock, then every change to it",
    auth: 'open',
    streams: true,
    out: Stock,
    errors: { 'product-not-found': 404 },
  },
  'GET /api/cart': {
    summary: 'The cart',
    stale: ['products'],
    out: z.object({ lines: z.array(Line), total: Price, itemCount: z.int(), rev: z.int() }),
    optional: ['stock'],
  },
  'PUT /api/cart/items/:productId': {
    summary: 'Set the quantity of a product in the cart',
    body: Quantity,
    out: z.object({ itemCount: z.int(), rev: z.int() }),
    errors: { 'product-not-found': 404, 'catalog-unavailable': 503 },
  },
  'DELETE /api/cart/items/:productId': {
    summary: 'Remove a product from the cart',
    out: z.object({ itemCount: z.int(), rev: z.int() }),
  },
  'POST /api/orders': {
    summary: 'Order the contents of the cart',
    status: 201,
    headers: IdempotencyKey,
    out: z.object({ orderId: z.string(), status: OrderStatus }),
    errors: { 'cart-empty': 409 },
  },
  'GET /api/orders': {
    summary: 'Orders, newest first',
    query: z.object({ cursor, limit: limit(20, 50) }),
    out: page(Order.extend({ itemCount: z.int(), items: z.array(z.string()) })),
    errors: { 'invalid-cursor': 400 },
  },
  'GET /api/orders/:id': {
    summary: 'An order and its progress so far',
    stale: ['products'],
    out: z.object({ order: Order, lines: z.array(Line.omit({ stock: true })), timeline: Timeline }),
    errors: { 'order-not-found': 404 },
  },
  'GET /api/orders/:id/events': {
    summary: 'The progress of an order, live',
    streams: 'numbered',
    out: Timeline.element,
    errors: { 'order-not-found': 404 },
  },
  'GET /api/checkout/:orderId': {
    summary: 'An order to confirm: its lines, stock and delivery address',
    stale: ['products'],
    out: z.object({
      order: Order,
      lines: z.array(Line),
      customer: z.object({
        name: z.string(),
        email: z.string(),
        addresses: z.array(
          z.object({ id: z.string(), label: z.string(), lines: z.array(z.string()), isDefault: z.boolean() }),
        ),
      }),
      canConfirm: z.boolean(),
    }),
    optional: ['stock'],
    errors: { 'order-not-found': 404, 'customer-not-found': 404 },
  },
  'POST /api/checkout/:orderId/confirm': {
    summary: 'Confirm an order',
    out: z.object({ orderId: z.string(), status: OrderStatus, rev: z.int() }),
    errors: { 'order-not-found': 404, 'out-of-stock': 409, 'inventory-unavailable': 503 },
  },
} as const satisfies Contract

export type Web = typeof web

/** The contract of the session's own routes, which gateway-core serves. */
export const session = {
  'GET /bff/session': {
    summary: 'Who is signed in, if anybody',
    auth: 'open',
    out: z.discriminatedUnion('authenticated', [
      z.object({ authenticated: z.literal(false) }),
      z.object({
        authenticated: z.literal(true),
        user: z.object({ id: z.string(), name: z.string().nullable(), email: z.string().nullable() }),
        expiresAt: z.iso.datetime(),
        idleExpiresAt: z.iso.datetime(),
        logoutUrl: z.string(),
        csrf: z.object({ header: z.string(), value: z.string() }),
      }),
    ]),
  },
  'GET /bff/sessions': {
    summary: "The user's sessions, newest first",
    out: z.object({
      items: z.array(
        z.object({
          id: z.string(),
          agent: z.string().nullable(),
          startedAt: z.iso.datetime(),
          seenAt: z.iso.datetime(),
          current: z.boolean(),
        }),
      ),
    }),
  },
  'DELETE /bff/sessions': {
    summary: 'Sign out everywhere else',
    query: z.object({ except: z.literal('current') }),
    out: z.object({ ended: z.int() }),
  },
  'DELETE /bff/sessions/:id': {
    summary: 'Sign out of one session',
    params: z.object({ id: z.string() }),
    out: z.object({ ended: z.int() }),
    errors: { 'session-not-found': 404 },
  },
  'POST /bff/logout': {
    summary: 'Sign out',
    auth: 'open',
    out: z.object({ endSessionUrl: z.string().nullable() }),
  },
} as const satisfies Contract

export type Session = typeof session
