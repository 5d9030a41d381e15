import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { milliseconds, port, readEnv, secret, text, url } from '@bff/gateway-core/env'
import { logger, run, verifier } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    ORDERS_PORT: port(4103),
    HOST: text('127.0.0.1'),
    LOG_LEVEL: text('info'),
    NODE_ENV: text('development'),
    ORDERS_FILE: text(join(import.meta.dirname, '../.data/orders.db')),
    ORDERS_STEP_MS: milliseconds(8_000),
    IDENTITY_URL: url('http://localhost:4400'),
    CATALOG_URL: url('http://localhost:4101'),
    INVENTORY_URL: url('http://localhost:4104'),
    SERVICE_SECRET: secret('development-only-service-secret-0000'),
  })
  mkdirSync(dirname(env.ORDERS_FILE), { recursive: true })
  return start({
    port: env.ORDERS_PORT,
    hostname: env.HOST,
    log: logger('orders', env.LOG_LEVEL),
    faults: env.NODE_ENV !== 'production',
    file: env.ORDERS_FILE,
    verify: verifier({ issuer: env.IDENTITY_URL, audience: 'urn:shop', serviceSecret: env.SERVICE_SECRET }),
    catalogUrl: env.CATALOG_URL,
    inventoryUrl: env.INVENTORY_URL,
    serviceSecret: env.SERVICE_SECRET,
    stepMs: env.ORDERS_STEP_MS,
  })
})
