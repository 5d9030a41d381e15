import { port, readEnv } from '@bff/gateway-core/env'
import { run, serviceSettings, serviceVariables } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    REVIEWS_PORT: port(4106),
    ...serviceVariables,
  })
  return start(serviceSettings('reviews', env.REVIEWS_PORT, env))
})
