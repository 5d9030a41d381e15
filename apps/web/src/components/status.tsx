import type { OrderStatus } from '@bff/contracts'

export const labels: Readonly<Record<OrderStatus, string>> = {
  created: 'Created',
  confirmed: 'Confirmed',
  packed: 'Packed',
  shipped: 'Shipped',
  delivered: 'Delivered',
}

export function Status({ status }: { readonly status: OrderStatus }) {
  return <span className={`status ${status}`}>{labels[status]}</span>
}
