import { readFileSync } from 'node:fs'
import { appVersion, type Document, perMinute } from '@bff/gateway-core'
import { bearer, type DpopOptions, internalTokens, type KeyRing, revocations } from '@bff/gateway-core/auth'
import { inProduction } from '@bff/gateway-core/env'
import type { Stop } from '@bff/gateway-core/run'
import { memoryStore, type Store } from '@bff/gateway-core/state'
import type { Logger } from 'pino'
import { app } from './gateway.ts'
import { release } from './release.ts'
import { routes } from './routes.ts'

export interface Config {
  readonly port: number
  readonly hostname: string
  readonly log: Logger
  /** Durations of the shutdown steps. */
  readonly stop?: Stop
  /** Event loop delay in milliseconds above which requests are refused. Default: never. */
  readonly shedAfter?: number
  /** State shared by its processes; disposed with the app. Default: in memory. */
  readonly store?: Store
  readonly upstreams: Parameters<typeof app>[1]['upstreams']
  /** Addresses and CIDR ranges of the proxies in front of this BFF. Default none. */
  readonly proxies?: readonly string[]
  /** Per user; an address, which many users may share, gets five times as many. Default 1 200. */
  readonly requestsPerMinute?: number
  readonly issuer: string
  /** Signs the tokens sent to services. Default: a key generated for this run. */
  readonly keys?: KeyRing | undefined
  /** Whether tokens may or must be bound to an install's key, and the secrets that sign nonces. Default: bound ones are refused. */
  readonly dpop?: Pick<DpopOptions, 'mode' | 'secrets'> | undefined
  /** The BFF's address for apps. In production it answers to no other name. */
  readonly publicUrl: string
}

export async function start({ port, hostname, log, upstreams, proxies, requestsPerMinute, ...config }: Config) {
  const { store = memoryStore() } = config
  const dpop = config.dpop && { ...config.dpop, publicUrl: config.publicUrl, store }
  const bff = app(routes, {
    upstreams,
    tokens: internalTokens({ name: 'mobile-bff', keys: config.keys, log }),
    authenticate: bearer({ issuer: config.issuer, audience: 'urn:shop', dpop }),
    revocations: revocations({ store, log }),
    log,
    cookies: 'none',
    store,
    hosts: inProduction() ? [new URL(config.publicUrl).hostname] : [],
    proxies,
    gate: appVersion({ ...release, exempt: ['/m/v1/bootstrap'] }),
    document: JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as Document,
    limits: perMinute(requestsPerMinute),
  })
  return bff.serve({
    name: 'mobile-bff',
    port,
    hostname,
    portVariable: 'MOBILE_BFF_PORT',
    shedAfter: config.shedAfter,
    stop: config.stop,
  })
}
