import { serve } from '@bff/gateway-core'
import { memoryStore, webSession } from '@bff/gateway-core/auth'
import type { Logger } from 'pino'
import { app } from './gateway.ts'
import { routes } from './routes.ts'
import { site } from './site.ts'

export interface Config {
  readonly port: number
  readonly hostname: string
  readonly log: Logger
  readonly upstreams: Parameters<typeof app>[1]['upstreams']
  readonly issuer: string
  readonly clientSecret: string
  /** Where browsers find this BFF: the origin of cookies and redirects. */
  readonly publicUrl: string
  /** Folder of the built client to serve beside the API; empty for none. */
  readonly webRoot: string
}

export async function start({ port, hostname, log, upstreams, ...config }: Config) {
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
    authenticate: session.authenticate,
    log,
    ...(config.webRoot === '' ? {} : { fallback: site(config.webRoot) }),
  })
  return serve({
    name: 'web-bff',
    port,
    hostname,
    portVariable: 'WEB_BFF_PORT',
    handler: bff.handler,
    log,
    release: bff,
  })
}
