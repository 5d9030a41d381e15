import { milliseconds, port, readEnv, secret, url } from '@bff/gateway-core/env'
import { run, serviceSettings, serviceVariables, verifier } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    TRACKING_PORT: port(4105),
    ...serviceVariables,
    TRACKING_POLL_MS: milliseconds(500),
    IDENTITY_URL: url('http://localhost:4400'),
    ORDERS_URL: url('http://localhost:4103'),
    SERVICE_SECRET: secret('development-only-service-secret-0000'),
  })
  return start({
    ...serviceSettings('tracking', env.TRACKING_PORT, env),
    verify: verifier({ issuer: env.IDENTITY_URL, audience: 'urn:shop', serviceSecret: env.SERVICE_SECRET }),
    ordersUrl: env.ORDERS_URL,
    serviceSecret: env.SERVICE_SECRET,
    pollMs: env.TRACKING_POLL_MS,
  })
})
