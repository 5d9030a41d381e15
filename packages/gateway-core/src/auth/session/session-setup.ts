import type { Logger } from 'pino'
import { inProduction } from '../../env.ts'
import { type SealingKeys, sealingKeys } from './sealing-keys.ts'
import { type Lifetimes, lifetimesOf } from './lifetimes.ts'
import { type SessionCookie, sessionCookie, type Weaker } from './session-cookie.ts'

export interface SessionSetupOptions {
  /** Exactly as in the provider's metadata. */
  readonly issuer: string
  /** This app's origin as browsers see it. Its `/bff/callback` must be registered with the provider. */
  readonly publicUrl: string
  /** Space-separated; must contain `openid`. */
  readonly scope: string
  /** Secrets of at least 32 characters, the same in every process. The first seals, all of them open: see `sealingKeys`. */
  readonly keys: readonly string[]
  /** Default: 30 min idle, 12 h absolute. */
  readonly lifetimes?: Partial<Lifetimes> | undefined
  /** The only way to weaken the cookie from `__Host-Http-`, `Secure`, `HttpOnly`, `SameSite=Strict`. */
  readonly weaker?: Weaker | undefined
  /** Logs the session settings once at boot; the audit log records who signs in and out. */
  readonly log: Logger
  /**
   * Refuses a plain cookie, and plain http for issuer or app even on localhost. Default: `NODE_ENV` is `production`.
   */
  readonly production?: boolean | undefined
}

export interface SessionSetup {
  readonly origin: string
  /** The issuer uses plain http. */
  readonly insecure: boolean
  readonly cookie: SessionCookie
  readonly lifetimes: Lifetimes
  readonly keys: SealingKeys
}

/** Invalid settings stop the boot. Valid ones are logged in one line. */
export function sessionSetup(options: SessionSetupOptions): SessionSetup {
  const { weaker, log, production = inProduction() } = options
  const { origin, insecure } = addresses(options, production)
  checkWeaker(weaker, origin, production)
  const [cookie, lifetimes] = [sessionCookie(weaker), lifetimesOf(options.lifetimes)]
  const { idle, absolute, refresh } = lifetimes
  log[weaker === undefined ? 'info' : 'warn'](
    {
      cookie: cookie.name,
      sameSite: cookie.sameSite,
      weakerBecause: weaker?.reason,
      // Milliseconds.
      idle,
      absolute,
      refreshToken: refresh ?? 'as the provider says',
      keys: options.keys.length,
      profile: origin.startsWith('https:') ? 'production' : 'development',
    },
    'sessions',
  )
  return { origin, insecure, cookie, lifetimes, keys: sealingKeys(options.keys) }
}

function addresses({ issuer, publicUrl, scope }: SessionSetupOptions, production: boolean) {
  const [identity, app] = [new URL(issuer), new URL(publicUrl)]
  if (publicUrl.replace(/\/$/, '') !== app.origin) throw new TypeError(`publicUrl must be an origin, not ${publicUrl}`)
  if (!scope.split(' ').includes('openid')) throw new TypeError('scope must contain openid')
  for (const [name, url] of Object.entries({ publicUrl: app, issuer: identity })) {
    if (url.protocol === 'https:' || (url.protocol === 'http:' && !production && isLoopback(url))) continue
    throw new TypeError(`${name} must be https, except on localhost outside production`)
  }
  return { origin: app.origin, insecure: identity.protocol === 'http:' }
}

function checkWeaker(weaker: Weaker | undefined, origin: string, production: boolean): void {
  if (weaker === undefined) return
  if (weaker.reason.trim().length < 20)
    throw new TypeError('weaker: reason must be a sentence of at least 20 characters')
  if (weaker.plain === true && (production || origin.startsWith('https:'))) {
    throw new TypeError('weaker: a plain cookie is only allowed on http://localhost outside production')
  }
}

const isLoopback = ({ hostname }: URL): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
