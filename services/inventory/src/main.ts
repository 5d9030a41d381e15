import { port, readEnv } from '@bff/gateway-core/env'
import { run, serviceSettings, serviceVariables } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    INVENTORY_PORT: port(4104),
    ...serviceVariables,
  })
  return start(serviceSettings('inventory', env.INVENTORY_PORT, env))
})
