import type { Availability } from '@bff/contracts'
import type { Product } from '@bff/contracts/catalog'
import type { StockLevel } from '@bff/contracts/inventory'
import type { Line, Order } from '@bff/contracts/orders'

/** See `images.ts`. */
export const imageKey = (image: string): string => image.replace(/\.svg$/, '')

export const card = ({ id, name, price, image }: Product) => ({ id, name, price: price.amount, img: imageKey(image) })

export const availability = (level: StockLevel | undefined): Availability => {
  if (level === undefined) return 'unknown'
  if (level.available === 0) return 'out'
  return level.available < 5 ? 'low' : 'in'
}

export const count = (lines: readonly Line[]): number => lines.reduce((sum, { quantity }) => sum + quantity, 0)

export const row = (order: Order) => ({
  id: order.id,
  status: order.status,
  rev: order.rev,
  total: order.total.amount,
  count: count(order.lines),
  at: order.createdAt,
})

export const line = ({ name, quantity, total }: Line) => ({ name, qty: quantity, total: total.amount })
