import type { Shop } from '@bff/contracts'
import { bearer, createClient } from '@bff/gateway-core/client'

/** Lines of the largest order and of the cart: more than people usually buy. */
export const most = 50

/** Ada's data, for screens to show. */
export interface Seeded {
  /** ID of a product with a description and review count as large as any. */
  readonly product: string
  /** In the cart, with `most - 1` others, quantity 2 each. */
  readonly inCart: string
  readonly notInCart: string
  /** Orders waiting at the checkout. */
  readonly small: string
  readonly large: string
  /** Idempotency key of `large`. */
  readonly largeKey: string
  readonly confirmed: string
}

interface Addresses {
  readonly catalog: string
  readonly orders: string
  readonly reviews: string
}

/** Gives Ada a page of twenty orders and a cart: always the same but for IDs and dates. */
export async function seed({ catalog, orders, reviews }: Addresses, token: string): Promise<Seeded> {
  const shelf = createClient<Shop['catalog']>({ baseUrl: catalog })
  const opinions = createClient<Shop['reviews']>({ baseUrl: reviews })
  const desk = createClient<Shop['orders']>({ baseUrl: orders, as: bearer({ token: { accessToken: token } }) })
  const { items: featured } = await shelf('GET /products', { featured: 'true', limit: 3 })
  const { items: all } = await shelf('GET /products', { limit: 100 })

  const fill = async (products: readonly { readonly id: string }[]) => {
    for (const { id } of products) await desk('PUT /cart/items/:productId', { productId: id, body: { quantity: 2 } })
  }
  const order = async (products: readonly { readonly id: string }[], key: string): Promise<string> => {
    await fill(products)
    return (await desk('POST /orders', { headers: { 'idempotency-key': key } })).id
  }
  for (let i = 10; i < 27; i++) await order(featured, `one-of-many-${i}`)
  const largeKey = 'the-large-order'
  const large = await order(all.slice(0, most), largeKey)
  const confirmed = await order(featured, 'the-confirmed-order')
  await desk('POST /orders/:id/confirm', { id: confirmed })
  const small = await order(featured, 'the-small-order')
  await fill(all.slice(0, most))

  const sizes = await Promise.all(
    all.map(async (product) => {
      const said = await opinions('GET /reviews', { productId: product.id, limit: 10 })
      return { id: product.id, size: JSON.stringify([product, said]).length }
    }),
  )
  const [product] = sizes.toSorted((a, b) => b.size - a.size)
  return { product: product!.id, inCart: all[0]!.id, notInCart: all[most]!.id, small, large, largeKey, confirmed }
}
