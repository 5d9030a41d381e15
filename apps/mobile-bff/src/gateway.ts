import { shop } from '@bff/contracts'
import { mobile } from '@bff/contracts/mobile'
import { gateway } from '@bff/gateway-core'

// On a weak network a smaller answer now beats a complete one later: optional parts get less time than on the web.
export const { screen, forward, batch, socket, poll, ticket, app, estate } = gateway(mobile, shop, {
  catalog: { timeout: 800, attempts: 2, cache: { staleIfError: 300_000 } },
  customers: { timeout: 800, attempts: 2, token: 'user' },
  orders: { timeout: 2_500, token: 'user' },
  inventory: { timeout: 200 },
  reviews: { timeout: 150 },
  tracking: { timeout: 2_500, token: 'user' },
})
