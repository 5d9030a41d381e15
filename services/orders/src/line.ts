import type { Line } from '@bff/contracts/orders'

export type Money = Line['total']

export interface Snapshot {
  readonly productId: string
  readonly sku: string
  readonly name: string
  readonly unitPrice: number
}

export interface Item extends Snapshot {
  readonly quantity: number
}

const money = (amount: number): Money => ({ amount, currency: 'EUR' })

export const priced = ({ productId, sku, name, quantity, unitPrice }: Item): Line => ({
  productId,
  sku,
  name,
  quantity,
  unitPrice: money(unitPrice),
  total: money(unitPrice * quantity),
})

export const totalOf = (lines: readonly Line[]): Money => money(lines.reduce((sum, { total }) => sum + total.amount, 0))
