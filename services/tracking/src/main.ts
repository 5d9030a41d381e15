import { milliseconds, port, readEnv, secret, text, url } from '@bff/gateway-core/env'
import { logger, run, verifier } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    TRACKING_PORT: port(4105),
    HOST: text('127.0.0.1'),
    LOG_LEVEL: text('info'),
    NODE_ENV: text('development'),
    TRACKING_POLL_MS: milliseconds(500),
    IDENTITY_URL: url('http://localhost:4400'),
    ORDERS_URL: url('http://localhost:4103'),
    SERVICE_SECRET: secret('development-only-service-secret-0000'),
  })
  return start({
    port: env.TRACKING_PORT,
    hostname: env.HOST,
    log: logger('tracking', env.LOG_LEVEL),
    faults: env.NODE_ENV !== 'production',
    verify: verifier({ issuer: env.IDENTITY_URL, audience: 'urn:shop', serviceSecret: env.SERVICE_SECRET }),
    ordersUrl: env.ORDERS_URL,
    serviceSecret: env.SERVICE_SECRET,
    pollMs: env.TRACKING_POLL_MS,
  })
})
