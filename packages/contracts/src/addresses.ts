import { addresses, type Values } from '@bff/gateway-core/env'
import type { Shop } from './index.ts'

/** Environment variables with the addresses of the shop's services, for their callers. */
export const shopVariables = {
  CATALOG_URL: addresses('http://localhost:4101'),
  CUSTOMERS_URL: addresses('http://localhost:4102'),
  ORDERS_URL: addresses('http://localhost:4103'),
  INVENTORY_URL: addresses('http://localhost:4104'),
  REVIEWS_URL: addresses('http://localhost:4106'),
  TRACKING_URL: addresses('http://localhost:4105'),
}

/** The addresses by service name. */
export const shopAt = (env: Values<typeof shopVariables>): Record<keyof Shop, string> => ({
  catalog: env.CATALOG_URL,
  customers: env.CUSTOMERS_URL,
  orders: env.ORDERS_URL,
  inventory: env.INVENTORY_URL,
  reviews: env.REVIEWS_URL,
  tracking: env.TRACKING_URL,
})
