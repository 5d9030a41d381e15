import { text, url, type Values } from '@bff/gateway-core/env'
import { logger, stopOf, stopVariables } from '@bff/gateway-core/run'
import { keySetPath } from '@bff/gateway-core/token'
import type { HostOptions } from './host.ts'

/** Environment variables of every service beside its port. */
export const serviceVariables = {
  HOST: text('127.0.0.1'),
  LOG_LEVEL: text('info'),
  NODE_ENV: text('development'),
  ...stopVariables,
}

/** For services that verify tokens of the BFFs: the BFFs' addresses. */
export const bffVariables = {
  WEB_BFF_URL: url('http://localhost:4000'),
  MOBILE_BFF_URL: url('http://localhost:4001'),
}

/** Trusted token issuers and their addresses, where their keys are. */
export const bffIssuers = (env: Values<typeof bffVariables>): Readonly<Record<string, string>> => ({
  'urn:web-bff': env.WEB_BFF_URL + keySetPath,
  'urn:mobile-bff': env.MOBILE_BFF_URL + keySetPath,
})

/** Host settings of a service. The fault switch is on in development only. */
export const serviceSettings = (
  name: string,
  port: number,
  env: Values<typeof serviceVariables>,
): Pick<HostOptions, 'port' | 'hostname' | 'log' | 'faults' | 'stop'> => ({
  port,
  hostname: env.HOST,
  log: logger(name, env.LOG_LEVEL),
  faults: env.NODE_ENV !== 'production',
  stop: stopOf(env),
})
