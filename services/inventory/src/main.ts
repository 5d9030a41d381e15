import { port, readEnv, text } from '@bff/gateway-core/env'
import { logger, run } from '@bff/service-kit'
import { start } from './app.ts'

await run(() => {
  const env = readEnv({ INVENTORY_PORT: port(4104), HOST: text('127.0.0.1'), LOG_LEVEL: text('info') })
  return start({
    port: env.INVENTORY_PORT,
    hostname: env.HOST,
    log: logger('inventory', env.LOG_LEVEL),
    faults: process.env['NODE_ENV'] !== 'production',
  })
})
