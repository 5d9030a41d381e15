import { port, readEnv, secret, text, url } from '@bff/gateway-core/env'
import { logger, run, verifier } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    CUSTOMERS_PORT: port(4102),
    HOST: text('127.0.0.1'),
    LOG_LEVEL: text('info'),
    NODE_ENV: text('development'),
    IDENTITY_URL: url('http://localhost:4400'),
    SERVICE_SECRET: secret('development-only-service-secret-0000'),
  })
  return start({
    port: env.CUSTOMERS_PORT,
    hostname: env.HOST,
    log: logger('customers', env.LOG_LEVEL),
    faults: env.NODE_ENV !== 'production',
    verify: verifier({ issuer: env.IDENTITY_URL, audience: 'urn:shop', serviceSecret: env.SERVICE_SECRET }),
  })
})
