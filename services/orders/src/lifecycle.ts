import type { Order } from '@bff/contracts/orders'

export type OrderStatus = Order['status']

const following: Readonly<Record<OrderStatus, OrderStatus | undefined>> = {
  created: 'confirmed',
  confirmed: 'packed',
  packed: 'shipped',
  shipped: 'delivered',
  delivered: undefined,
}

export class IllegalStep extends Error {
  override readonly name = 'IllegalStep'
}

export function step(from: OrderStatus, to: OrderStatus): OrderStatus {
  if (following[from] !== to) throw new IllegalStep(`An order cannot go from ${from} to ${to}`)
  return to
}

export function next(from: OrderStatus): OrderStatus {
  const to = following[from]
  if (to === undefined) throw new IllegalStep(`An order in ${from} has no next step`)
  return to
}
