import { milliseconds, port, readEnv, secret, url } from '@bff/gateway-core/env'
import { bffIssuers, bffVariables, run, serviceSettings, serviceVariables, verifier } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    TRACKING_PORT: port(4105),
    ...serviceVariables,
    ...bffVariables,
    TRACKING_POLL_MS: milliseconds(500),
    ORDERS_URL: url('http://localhost:4103'),
    SERVICE_SECRET: secret('development-only-service-secret-0000'),
  })
  return start({
    ...serviceSettings('tracking', env.TRACKING_PORT, env),
    verify: verifier({ issuers: bffIssuers(env), audience: 'urn:tracking', serviceSecret: env.SERVICE_SECRET }),
    ordersUrl: env.ORDERS_URL,
    serviceSecret: env.SERVICE_SECRET,
    pollMs: env.TRACKING_POLL_MS,
  })
})
