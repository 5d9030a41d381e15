import { shopAt } from '@bff/contracts/addresses'
import { logger, run, stopOf } from '@bff/gateway-core/run'
import { openStore } from '@bff/gateway-core/state'
import { start } from './app.ts'
import { env } from './env.ts'

await run(async () => {
  const e = env()
  const log = logger('mobile-bff', e.LOG_LEVEL)
  return start({
    port: e.MOBILE_BFF_PORT,
    hostname: e.HOST,
    log,
    stop: stopOf(e),
    shedAfter: e.SHED_AFTER_MS,
    store: await openStore({ url: e.REDIS_URL, prefix: 'mobile-bff:', log }),
    upstreams: shopAt(e),
    issuer: e.IDENTITY_URL,
    keys: e.MOBILE_BFF_KEYS,
    publicUrl: e.MOBILE_PUBLIC_URL,
    dpop: { mode: e.DPOP, secrets: e.DPOP_KEY },
    proxies: e.TRUSTED_PROXIES,
    requestsPerMinute: e.REQUESTS_PER_MINUTE,
  })
})
