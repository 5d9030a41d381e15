import { port, readEnv } from '@bff/gateway-core/env'
import { run, serviceSettings, serviceVariables } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    CATALOG_PORT: port(4101),
    ...serviceVariables,
  })
  return start(serviceSettings('catalog', env.CATALOG_PORT, env))
})
