import { serve } from '@bff/gateway-core'
import { bearer } from '@bff/gateway-core/auth'
import type { Logger } from 'pino'
import { app } from './gateway.ts'
import { routes } from './routes.ts'

export interface Config {
  readonly port: number
  readonly hostname: string
  readonly log: Logger
  readonly upstreams: Parameters<typeof app>[1]['upstreams']
  readonly issuer: string
}

export async function start({ port, hostname, log, upstreams, issuer }: Config) {
  const bff = app(routes, { upstreams, authenticate: bearer({ issuer, audience: 'urn:shop' }), log })
  return serve({
    name: 'mobile-bff',
    port,
    hostname,
    portVariable: 'MOBILE_BFF_PORT',
    handler: bff.handler,
    log,
    release: bff,
  })
}
