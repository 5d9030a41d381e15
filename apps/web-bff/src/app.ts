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
  /** Exactly one of the two; with a key, no secret is transmitted. */
  readonly clientKey?: string
  readonly clientSecret?: string
  /** The first seals sessions, all open them: add a new key last, see docs/guides/rotate-keys.md. */
  readonly sessionKeys: readonly string[]
  /** Signs the tokens sent to services. Default: a key generated for this run. */
  readonly keys?: KeyRing | undefined
  /** The BFF's address for browsers: the origin of cookies and redirects. In production it answers to no other name. */
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
