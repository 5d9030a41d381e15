import type { Core, Route } from '@bff/gateway-core'
import { batch, forward } from './gateway.ts'
import { open } from './guards.ts'
import { sized } from './images.ts'
import { live, orderEvents, tickets } from './live.ts'
import { bootstrap } from './screens/bootstrap.ts'
import { cart, removeItem, setItem } from './screens/cart.ts'
import { checkout, confirm } from './screens/checkout.ts'
import { home } from './screens/home.ts'
import { createOrder, order, orders } from './screens/orders.ts'
import { product } from './screens/product.ts'

/** Every route of this BFF. */
export const routes: readonly Route<Core>[] = [
  bootstrap,
  home,
  product,
  cart,
  setItem,
  removeItem,
  createOrder,
  orders,
  order,
  orderEvents,
  tickets,
  live,
  checkout,
  confirm,
  // Each part passes the guard of its own route.
  batch('POST /m/v1/batch', { guard: open }),
  forward('/m/v1/img', 'catalog', { guard: open, when: sized, rewrite: { path: '/images/*' } }),
  forward('/m/v1/catalog', 'catalog', { guard: open }),
]
