import { port, readEnv, text } from '@bff/gateway-core/env'
import { logger, run } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    CATALOG_PORT: port(4101),
    HOST: text('127.0.0.1'),
    LOG_LEVEL: text('info'),
    NODE_ENV: text('development'),
  })
  return start({
    port: env.CATALOG_PORT,
    hostname: env.HOST,
    log: logger('catalog', env.LOG_LEVEL),
    faults: env.NODE_ENV !== 'production',
  })
})
