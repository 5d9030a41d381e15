import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { milliseconds, port, readEnv, secret, text, url } from '@bff/gateway-core/env'
import { bffIssuers, bffVariables, run, serviceSettings, serviceVariables, verifier } from '@bff/service-kit'
import { start } from './app.ts'

await run(async () => {
  const env = readEnv({
    ORDERS_PORT: port(4103),
    ...serviceVariables,
    ...bffVariables,
    ORDERS_FILE: text(join(import.meta.dirname, '../.data/orders.db')),
    ORDERS_STEP_MS: milliseconds(8_000),
    CATALOG_URL: url('http://localhost:4101'),
    INVENTORY_URL: url('http://localhost:4104'),
    SERVICE_SECRET: secret('development-only-service-secret-0000'),
  })
  mkdirSync(dirname(env.ORDERS_FILE), { recursive: true })
  return start({
    ...serviceSettings('orders', env.ORDERS_PORT, env),
    file: env.ORDERS_FILE,
    verify: verifier({ issuers: bffIssuers(env), audience: 'urn:orders', serviceSecret: env.SERVICE_SECRET }),
    catalogUrl: env.CATALOG_URL,
    inventoryUrl: env.INVENTORY_URL,
    serviceSecret: env.SERVICE_SECRET,
    stepMs: env.ORDERS_STEP_MS,
  })
})
