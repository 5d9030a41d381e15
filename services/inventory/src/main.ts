import { port, readEnv, secret } from '@bff/gateway-core/env'
import { bffIssuers, bffVariables, run, serviceSettings, serviceVariables, verifier } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    INVENTORY_PORT: port(4104),
    ...serviceVariables,
    ...bffVariables,
    SERVICE_SECRET: secret('development-only-service-secret-0000'),
  })
  return start({
    ...serviceSettings('inventory', env.INVENTORY_PORT, env),
    verify: verifier({ issuers: bffIssuers(env), audience: 'urn:inventory', serviceSecret: env.SERVICE_SECRET }),
  })
})
