import { port, readEnv, secret, url } from '@bff/gateway-core/env'
import { run, serviceSettings, serviceVariables, verifier } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    CUSTOMERS_PORT: port(4102),
    ...serviceVariables,
    IDENTITY_URL: url('http://localhost:4400'),
    SERVICE_SECRET: secret('development-only-service-secret-0000'),
  })
  return start({
    ...serviceSettings('customers', env.CUSTOMERS_PORT, env),
    verify: verifier({ issuer: env.IDENTITY_URL, audience: 'urn:shop', serviceSecret: env.SERVICE_SECRET }),
  })
})
