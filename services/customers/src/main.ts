import { port, readEnv } from '@bff/gateway-core/env'
import { bffIssuers, bffVariables, run, serviceSettings, serviceVariables, verifier } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    CUSTOMERS_PORT: port(4102),
    ...serviceVariables,
    ...bffVariables,
  })
  return start({
    ...serviceSettings('customers', env.CUSTOMERS_PORT, env),
    verify: verifier({ issuers: bffIssuers(env), audience: 'urn:customers' }),
  })
})
