import { shop } from '@bff/contracts'
import { web } from '@bff/contracts/web'
import { gateway } from '@bff/gateway-core'

export const { screen, stream, live, forward, app, estate } = gateway(web, shop, {
  catalog: { timeout: 800, attempts: 2, cache: { staleIfError: 300_000 } },
  customers: { timeout: 800, attempts: 2, token: 'user' },
  orders: { timeout: 2_500, token: 'user' },
  // The stock of an unpopular product rarely changes; pings detect a dead connection.
  inventory: { timeout: 300, attempts: 2, idleTimeout: 600_000 },
  reviews: { timeout: 300 },
  tracking: { timeout: 2_500, token: 'user' },
})
