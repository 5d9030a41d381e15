import type { Core, Route } from '@bff/gateway-core'
import { forward } from './gateway.ts'
import { open } from './guards.ts'
import { cart, removeItem, setItem } from './screens/cart.ts'
import { checkout, confirm } from './screens/checkout.ts'
import { home } from './screens/home.ts'
import { createOrder, order, orderEvents, orders } from './screens/orders.ts'
import { product } from './screens/product.ts'
import { liveStock } from './screens/stock.ts'

/** Every route of this BFF except the session's own under `/bff`. */
export const routes: readonly Route<Core>[] = [
  home,
  product,
  liveStock,
  cart,
  setItem,
  removeItem,
  createOrder,
  orders,
  order,
  orderEvents,
  checkout,
  confirm,
  forward('/api/catalog', 'catalog', { guard: open }),
]
