import type { Product } from '@bff/contracts/catalog'
import type { StockLevel } from '@bff/contracts/inventory'
import type { Line, Order } from '@bff/contracts/orders'

interface Money {
  readonly amount: number
  readonly currency: string
}

const formats = new Map<string, Intl.NumberFormat>()

const format = (currency: string): Intl.NumberFormat => {
  const known = formats.get(currency) ?? new Intl.NumberFormat('en-IE', { style: 'currency', currency })
  formats.set(currency, known)
  return known
}

export const price = ({ amount, currency }: Money) => ({
  amount,
  currency,
  text: format(currency).format(amount / 100),
})

export const imageOf = (image: string): string => `/api/catalog/images/${image}`

export const card = (product: Product) => ({
  id: product.id,
  name: product.name,
  brand: product.brand,
  summary: product.summary,
  price: price(product.price),
  image: imageOf(product.image),
})

export type Levels = ReadonlyMap<string, StockLevel>

export const noLevels: Levels = new Map()

export const levels = (answer: { readonly levels: readonly StockLevel[] }): Levels =>
  new Map(answer.levels.map((level) => [level.sku, level]))

export function stock(level: StockLevel | undefined) {
  if (level === undefined) return { availability: 'unknown', text: 'Availability unknown' } as const
  const { available, restockDays } = level
  if (available === 0) {
    const text = restockDays === undefined ? 'Out of stock' : `Out of stock, back in ${restockDays} days`
    return { availability: 'out', text } as const
  }
  if (available < 5) return { availability: 'low', text: `Only ${available} left` } as const
  return { availability: 'in', text: 'In stock' } as const
}

/** Falls back to the data stored in the order if the catalog no longer has the product. */
export function line(line: Line, product: Product | undefined) {
  const remembered = {
    id: line.productId,
    name: line.name,
    brand: '',
    summary: '',
    price: price(line.unitPrice),
    image: '',
  }
  return {
    product: product === undefined ? remembered : card(product),
    quantity: line.quantity,
    unitPrice: price(line.unitPrice),
    total: price(line.total),
  }
}

export const orderHead = (order: Order) => ({
  id: order.id,
  status: order.status,
  rev: order.rev,
  createdAt: order.createdAt,
  total: price(order.total),
})

export const itemCount = (lines: readonly Line[]): number => lines.reduce((sum, { quantity }) => sum + quantity, 0)
