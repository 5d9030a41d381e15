import type { Shop } from '@bff/contracts'
import type { Line } from '@bff/contracts/orders'
import { each, type From } from '@bff/gateway-core'
import { levels } from './views.ts'

/** The product of each line, `undefined` if the catalog no longer has it. One call, however many lines. */
export const productsOf = (from: From<Shop>, lines: readonly Line[]) =>
  each(lines, ({ productId }) =>
    from.catalog('GET /products/:id', { id: productId }).except('product-not-found', undefined),
  )

export const levelsOf = (from: From<Shop>, lines: readonly { readonly sku: string }[]) =>
  from.inventory.getStock({ skus: lines.map(({ sku }) => sku) }).then(levels)
