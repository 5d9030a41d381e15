import { text, type Values } from '@bff/gateway-core/env'
import type { HostOptions } from './host.ts'
import { logger } from './logger.ts'

/** What every service reads beside its own port. */
export const serviceVariables = {
  HOST: text('127.0.0.1'),
  LOG_LEVEL: text('info'),
  NODE_ENV: text('development'),
}

/** Where and how a service runs. Its fault switch is for development. */
export const serviceSettings = (
  name: string,
  port: number,
  env: Values<typeof serviceVariables>,
): Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults'> => ({
  port,
  hostname: env.HOST,
  log: logger(name, env.LOG_LEVEL),
  faults: env.NODE_ENV !== 'production',
})
