import { port, readEnv, text, url } from '@bff/gateway-core/env'

export const variables = {
  HOST: text('127.0.0.1'),
  LOG_LEVEL: text('info'),
  MOBILE_BFF_PORT: port(4001),
  IDENTITY_URL: url('http://localhost:4400'),
  CATALOG_URL: url('http://localhost:4101'),
  CUSTOMERS_URL: url('http://localhost:4102'),
  ORDERS_URL: url('http://localhost:4103'),
  INVENTORY_URL: url('http://localhost:4104'),
  REVIEWS_URL: url('http://localhost:4106'),
}

export const env = () => readEnv(variables)
