import { readFileSync } from 'node:fs'
import { type Document, perMinute } from '@bff/gateway-core'
import { internalTokens, type KeyRing, type Revocations, revocations, webSession } from '@bff/gateway-core/auth'
import { inProduction } from '@bff/gateway-core/env'
import type { Stop } from '@bff/gateway-core/run'
import { memoryStore, type Store } from '@bff/gateway-core/state'
import type { Logger } from 'pino'
import { app } from './gateway.ts'
import { routes } from './routes.ts'
import { site } from './site.ts'

export interface Config {
  readonly port: number
  readonly hostname: string
  readonly log: Logger
  /** How long the steps of a stop take. */
  readonly stop?: Stop
  /** Milliseconds that the event loop may be late before requests are refused. Default: never. */
  readonly shedAfter?: number
  /** What its processes share; it is disposed with the app. Default: the memory of this one. */
  readonly store?: Store
  readonly upstreams: Parameters<typeof app>[1]['upstreams']
  /** Addresses and CIDR ranges of the proxies before this BFF. Default none. */
  readonly proxies?: readonly string[]
  /** Of one user; an address, which many may share, gets five times as many. Default 1 200. */
  readonly requestsPerMinute?: number
  readonly issuer: string
  /** One of the two: with a key, no secret travels. */
  readonly clientKey?: string
  readonly clientSecret?: string
  /** The first seals sessions, all of them open: a new one stands last first, see docs/guides/rotate-keys.md. */
  readonly sessionKeys: readonly string[]
  /** What it signs with that it says to services. Default: a key for this run alone. */
  readonly keys?: KeyRing | undefined
  /** Where browsers find this BFF: the origin of cookies and redirects. In production it answers to no other name. */
  readonly publicUrl: string
  /** Folder of the built client to serve beside the API; empty for none. */
  readonly webRoot: string
}

export async function start({ port, hostname, log, upstreams, proxies, requestsPerMinute, ...config }: Config) {
  const { store = memoryStore() } = config
  const known = revocations({ store, log })
  const session = signIn(config, store, log, known)
  const bff = app([...session.routes, ...routes], {
    upstreams,
    tokens: internalTokens({ name: 'web-bff', keys: config.keys, log }),
    authenticate: session.authenticate,
    revocations: known,
    log,
    store,
    hosts: inProduction() ? [new URL(config.publicUrl).hostname] : [],
    proxies,
    document: JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as Document,
    limits: perMinute(requestsPerMinute),
    ...(config.webRoot === '' ? {} : { fallback: site(config.webRoot) }),
  })
  return bff.serve({
    name: 'web-bff',
    port,
    hostname,
    portVariable: 'WEB_BFF_PORT',
    shedAfter: config.shedAfter,
    stop: config.stop,
  })
}

const signIn = (
  config: Pick<Config, 'issuer' | 'clientKey' | 'clientSecret' | 'publicUrl' | 'sessionKeys'>,
  store: Store,
  log: Logger,
  known: Revocations,
) =>
  webSession({
    issuer: config.issuer,
    clientId: 'web',
    clientKey: config.clientKey,
    clientSecret: config.clientSecret,
    publicUrl: config.publicUrl,
    scope: 'openid profile email offline_access shop',
    resource: 'urn:shop',
    store,
    keys: config.sessionKeys,
    log,
    revocations: known,
  })
