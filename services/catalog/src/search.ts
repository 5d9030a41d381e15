import type { Product } from '@bff/contracts/catalog'
import { products } from './data.ts'

export type Sort = 'name' | 'price' | '-price'

export interface Search {
  readonly q?: string | undefined
  readonly category?: string | undefined
  readonly featured?: 'true' | undefined
  readonly sort: Sort
}

const { compare } = new Intl.Collator('en')

const byName = (a: Product, b: Product): number => compare(a.name, b.name) || (a.id < b.id ? -1 : 1)

const orders: Readonly<Record<Sort, (a: Product, b: Product) => number>> = {
  name: byName,
  price: (a, b) => a.price.amount - b.price.amount || byName(a, b),
  '-price': (a, b) => b.price.amount - a.price.amount || byName(a, b),
}

// Unicode decomposition does not reduce these to ASCII.
const letters: Readonly<Record<string, string>> = { ø: 'o', æ: 'ae', œ: 'oe', ß: 'ss', ł: 'l', đ: 'd' }

const texts = new Map(
  products.map((product) => {
    const { name, brand, tags, summary } = product
    return [product, fold([name, brand, ...tags, summary].join('\n'))]
  }),
)

/** Matches every word of `q`, ignoring case and accents. */
export function search({ q = '', category, featured, sort }: Search): readonly Product[] {
  const words = fold(q).split(/\s+/)
  return products
    .filter((product) => category === undefined || product.categoryId === category)
    .filter((product) => featured === undefined || product.featured)
    .filter((product) => words.every((word) => texts.get(product)!.includes(word)))
    .toSorted(orders[sort])
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[øæœßłđ]/g, (letter) => letters[letter]!)
}
