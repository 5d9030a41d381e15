// web-bff in a process of its own, as it is but for its sign-in: of these users there may be thousands, and their proof costs nothing.
import { problem, serve } from '@bff/gateway-core'
import { run, stopOf } from '@bff/gateway-core/run'
import { signedInAs } from '@bff/gateway-core/testing'
import { internalTokens } from '@bff/gateway-core/token'
import { logger } from '@bff/service-kit'
import { env } from '@bff/web-bff/env'
import { app } from '@bff/web-bff/gateway'
import { routes } from '@bff/web-bff/routes'

await run(async () => {
  const e = env()
  const log = logger('web-bff', e.LOG_LEVEL)
  const bff = app(routes, {
    upstreams: {
      catalog: e.CATALOG_URL,
      customers: e.CUSTOMERS_URL,
      orders: e.ORDERS_URL,
      inventory: e.INVENTORY_URL,
      reviews: e.REVIEWS_URL,
      tracking: e.TRACKING_URL,
    },
    tokens: internalTokens({ name: 'web-bff', keys: e.WEB_BFF_KEYS, log }),
    log,
    authenticate: ({ headers }) => {
      const user = headers['x-user']
      if (typeof user !== 'string') return Promise.reject(problem(401, 'token-missing'))
      return Promise.resolve(signedInAs(user, { expiresAt: Date.now() + 3_600_000 }))
    },
  })
  return serve({
    name: 'web-bff',
    port: e.WEB_BFF_PORT,
    hostname: e.HOST,
    portVariable: 'WEB_BFF_PORT',
    handler: bff.handler,
    ready: bff.ready,
    upgrade: bff.door.take,
    drain: bff.door.drain,
    shedAfter: e.SHED_AFTER_MS,
    stop: stopOf(e),
    limits: { connections: 20_000 },
    log,
    release: bff,
  })
})
