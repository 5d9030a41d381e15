import type { Contract } from '@bff/gateway-core/contract'
import { z } from 'zod'
import { cursor, limit, many, Money, page } from './common.ts'

export const Category = z.object({ id: z.string(), name: z.string(), description: z.string(), productCount: z.int() })
export type Category = z.infer<typeof Category>

export const Product = z.object({
  id: z.string(),
  sku: z.string(),
  name: z.string(),
  brand: z.string(),
  summary: z.string(),
  description: z.string(),
  categoryId: z.string(),
  price: Money,
  /** Name under `GET /images/:name`. */
  image: z.string(),
  specs: z.array(z.object({ name: z.string(), value: z.string() })),
  tags: z.array(z.string()),
  featured: z.boolean(),
})
export type Product = z.infer<typeof Product>

/** Widths, in pixels, in which a square picture is available: `GET /images/<name>?w=240`. */
export const imageWidths = [120, 240, 360, 480, 720, 1080] as const

/** Besides these, catalog serves `GET /images/<name>.svg` and `.png`. */
export const catalog = {
  'GET /categories': { auth: 'open', out: z.object({ items: z.array(Category) }) },
  /** With `ids`: exactly those, in request order, without unknown ones. Otherwise: filtered, sorted, paged. */
  'GET /products': {
    auth: 'open',
    query: z.object({
      ids: many(100).optional(),
      q: z.string().max(100).optional(),
      category: z.string().optional(),
      featured: z.literal('true').optional(),
      sort: z.enum(['name', 'price', '-price']).default('name'),
      cursor,
      limit: limit(24, 100),
    }),
    out: page(Product),
    errors: { 'invalid-cursor': 400 },
  },
  'GET /products/:id': {
    auth: 'open',
    out: Product,
    errors: { 'product-not-found': 404 },
    batch: { by: 'GET /products', ids: 'ids', items: 'items', id: 'id', missing: 'product-not-found' },
  },
} as const satisfies Contract
