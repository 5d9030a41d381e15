import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Category, Product } from '@bff/contracts/catalog'

interface Entry extends Omit<Product, 'id' | 'image' | 'categoryId' | 'price' | 'specs' | 'featured'> {
  readonly slug: string
  /** Cents. */
  readonly price: number
  readonly specs: Readonly<Record<string, string>>
  readonly featured?: boolean
  readonly motif: string
  readonly palette: string
}

interface Shelf extends Omit<Category, 'productCount'> {
  readonly products: readonly Entry[]
}

const shelves = ['lighting', 'ceramics', 'kitchen', 'textiles', 'stationery', 'outdoors', 'furniture'].map(
  (name) => JSON.parse(readFileSync(join(import.meta.dirname, `data/${name}.json`), 'utf8')) as Shelf,
)

export const categories: readonly Category[] = shelves.map(({ products, ...category }) => ({
  ...category,
  productCount: products.length,
}))

export const products: readonly Product[] = shelves.flatMap(({ id: categoryId, products }) =>
  products.map(({ slug, motif: _motif, palette: _palette, price, specs, featured = false, ...rest }) => ({
    ...rest,
    id: `prd_${slug}`,
    categoryId,
    price: { amount: price, currency: 'EUR' },
    image: `${slug}.svg`,
    specs: Object.entries(specs).map(([name, value]) => ({ name, value })),
    featured,
  })),
)

/** Motif and palette of each product's picture, by slug. */
export const pictures: ReadonlyMap<string, Pick<Entry, 'motif' | 'palette'>> = new Map(
  shelves.flatMap(({ products }) => products.map(({ slug, motif, palette }) => [slug, { motif, palette }])),
)
