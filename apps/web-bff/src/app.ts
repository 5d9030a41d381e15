import { readFileSync } from 'node:fs'
import { type Document, perMinute, serve } from '@bff/gateway-core'
import { internalTokens, type KeyRing, memoryStore, webSession } from '@bff/gateway-core/auth'
import { inProduction } from '@bff/gateway-core/env'
import type { Logger } from 'pino'
import { app } from './gateway.ts'
import { routes } from './routes.ts'
import { site } from './site.ts'

export interface Config {
  readonly port: number
  readonly hostname: string
  readonly log: Logger
  readonly upstreams: Parameters<typeof app>[1]['upstreams']
  /** Addresses and CIDR ranges of the proxies before this BFF. Default none. */
  readonly proxies?: readonly string[]
  /** Of one user; an address, which many may share, gets five times as many. Default 1 200. */
  readonly requestsPerMinute?: number
  readonly issuer: string
  /** What it signs with that it says to services. Default: a key for this run alone. */
  readonly keys?: KeyRing | undefined
  readonly clientSecret: string
  /** Where browsers find this BFF: the origin of cookies and redirects. In production it answers to no other name. */
  readonly publicUrl: string
  /** Folder of the built client to serve beside the API; empty for none. */
  readonly webRoot: string
}

export async function start({ port, hostname, log, upstreams, proxies, requestsPerMinute, ...config }: Config) {
  const session = webSession({
    issuer: config.issuer,
    clientId: 'web',
    clientSecret: config.clientSecret,
    publicUrl: config.publicUrl,
    scope: 'openid profile email offline_access shop',
    resource: 'urn:shop',
    store: memoryStore(),
  })
  const bff = app([...session.routes, ...routes], {
    upstreams,
    tokens: internalTokens({ name: 'web-bff', keys: config.keys, log }),
    authenticate: session.authenticate,
    log,
    hosts: inProduction() ? [new URL(config.publicUrl).hostname] : [],
    proxies,
    document: JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as Document,
    limits: perMinute(requestsPerMinute),
    ...(config.webRoot === '' ? {} : { fallback: site(config.webRoot) }),
  })
  return serve({
    name: 'web-bff',
    port,
    hostname,
    portVariable: 'WEB_BFF_PORT',
    handler: bff.handler,
    upgrade: bff.door.take,
    drain: bff.door.drain,
    proxies,
    log,
    release: bff,
  })
}
