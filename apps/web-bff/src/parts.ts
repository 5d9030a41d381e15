import type { Shop } from '@bff/contracts'
import type { Product } from '@bff/contracts/catalog'
import type { Line } from '@bff/contracts/orders'
import type { From } from '@bff/gateway-core'
import { type Levels, levels } from './views.ts'

// Asked for no ids at all, the catalog would answer with all it has.
export const productsOf = async (from: From<Shop>, lines: readonly Line[]): Promise<readonly Product[]> =>
  lines.length === 0 ? [] : (await from.catalog('GET /products', { ids: lines.map((l) => l.productId) })).items

export const levelsOf = async (from: From<Shop>, lines: readonly { readonly sku: string }[]): Promise<Levels> =>
  levels(await from.inventory.getStock({ skus: lines.map(({ sku }) => sku) }))
