import { logLines } from '@bff/gateway-core'
import { run, stopOf } from '@bff/gateway-core/run'
import { openStore } from '@bff/gateway-core/state'
import { pino } from 'pino'
import { start } from './app.ts'
import { env } from './env.ts'

await run(async () => {
  const e = env()
  const log = pino({ name: 'mobile-bff', level: e.LOG_LEVEL }, logLines())
  return start({
    port: e.MOBILE_BFF_PORT,
    hostname: e.HOST,
    log,
    stop: stopOf(e),
    shedAfter: e.SHED_AFTER_MS,
    store: await openStore({ url: e.REDIS_URL, prefix: 'mobile-bff:', log }),
    upstreams: {
      catalog: e.CATALOG_URL,
      customers: e.CUSTOMERS_URL,
      orders: e.ORDERS_URL,
      inventory: e.INVENTORY_URL,
      reviews: e.REVIEWS_URL,
      tracking: e.TRACKING_URL,
    },
    issuer: e.IDENTITY_URL,
    keys: e.MOBILE_BFF_KEYS,
    publicUrl: e.MOBILE_BFF_URL,
    dpop: { mode: e.DPOP, secret: e.DPOP_KEY },
    proxies: e.TRUSTED_PROXIES,
    requestsPerMinute: e.REQUESTS_PER_MINUTE,
  })
})
