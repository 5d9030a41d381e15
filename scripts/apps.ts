import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { webSession } from '@bff/gateway-core/auth'
import { memoryStore } from '@bff/gateway-core/state'
import { type Accepted, type Estate, type Facts, factsOf } from '@bff/gateway-core/plan'
import { pino } from 'pino'
import { estate as mobileEstate } from '../apps/mobile-bff/src/gateway.ts'
import { routes as mobileRoutes } from '../apps/mobile-bff/src/routes.ts'
import { estate as webEstate } from '../apps/web-bff/src/gateway.ts'
import { routes as webRoutes } from '../apps/web-bff/src/routes.ts'

/** A BFF's definition, with nothing running. */
export interface App {
  /** `web-bff` */
  readonly name: string
  readonly routes: Parameters<typeof factsOf>[1]
  readonly estate: Estate
}

/** For the session's routes: nobody signs in here, and these addresses are never called. */
const session = webSession({
  issuer: 'https://identity.invalid',
  publicUrl: 'https://web.invalid',
  clientId: 'web',
  clientSecret: 'nothing-that-anybody-would-use-00',
  scope: 'openid',
  store: memoryStore(),
  log: pino({ level: 'silent' }),
  keys: ['nothing-that-anybody-would-use-00'],
})

export const apps: readonly App[] = [
  { name: 'web-bff', routes: [...session.routes, ...webRoutes], estate: webEstate },
  { name: 'mobile-bff', routes: mobileRoutes, estate: mobileEstate },
]

/** Finds an app by name, with or without `-bff`. */
export const appOf = (name: string): App | undefined =>
  apps.find((app) => app.name === name || app.name === `${name}-bff`)

export const allFacts = (): Promise<Facts[]> =>
  Promise.all(apps.map(({ name, routes, estate }) => factsOf(name, routes, estate)))

const root = join(import.meta.dirname, '..')

/** Findings an app accepts: `apps/web-bff/audit.json`, if it exists. */
export function acceptedBy(app: string): readonly Accepted[] {
  const file = join(root, 'apps', app, 'audit.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Accepted[]) : []
}
