import type { Method } from '../contract.ts'
import { inProduction } from '../env.ts'
import type { Authenticate, Exchange, Handler, Identity, Route } from '../exchange.ts'
import type { Store } from '../state/store.ts'
import { backchannel } from './backchannel.ts'
import { checkCsrf, csrf } from './csrf.ts'
import { open } from './guards.ts'
import { keyRing } from './key-ring.ts'
import { type Lifetimes, lifetimesOf } from './lifetimes.ts'
import { login } from './login.ts'
import { logout } from './logout.ts'
import { logoutTokens } from './logout-token.ts'
import { provider } from './provider.ts'
import { sendJson } from './respond.ts'
import { clearSession, sessionIds } from './session-cookie.ts'
import { endOf, type Found, type Session } from './session-records.ts'
import { ambiguous, nobody } from './session-problem.ts'
import { type Sessions, sessions } from './session.ts'

export interface WebSessionOptions {
  /** Exactly as the provider writes it. */
  readonly issuer: string
  readonly clientId: string
  /** The client's private key in PEM (EC P-256, or RSA): it proves itself by that, and no secret travels (RFC 7523). */
  readonly clientKey?: string | undefined
  /** For providers that take no key. There must be one of the two. */
  readonly clientSecret?: string | undefined
  /** The origin of this app as browsers see it. Its `/bff/callback` must be registered with the provider. */
  readonly publicUrl: string
  /** Separated by spaces; must contain `openid`. */
  readonly scope: string
  /** The API that access tokens are for (RFC 8707). */
  readonly resource?: string | undefined
  readonly store: Store
  /** Secrets of at least 32 characters, the same in every process. The first seals, all of them open: see `keyRing`. */
  readonly keys: readonly string[]
  readonly lifetimes?: Partial<Lifetimes> | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
  /** Refuses an issuer without TLS even on this machine. Default: `NODE_ENV` is `production`. */
  readonly production?: boolean | undefined
}

/**
 * Signs people in with a browser: tokens stay on the server, and the browser holds one opaque cookie that no script can
 * read (OAuth 2.0 for Browser-Based Applications §6.1). `routes` answer `/bff/login`, `/bff/callback`, `/bff/session`,
 * `/bff/logout` and, to the provider, `/bff/backchannel`; `authenticate` refuses what other sites forge before it looks at a
 * session.
 *
 * Browsers leave the cookie out of the navigation that ends a login, for it began at another site. The page loaded by it
 * is anonymous; its own requests are not.
 */
export function webSession(options: WebSessionOptions): { authenticate: Authenticate; routes: Route<unknown>[] } {
  const { issuer, clientId, store, clock = Date.now } = options
  const { origin, insecure } = check(options)
  const idp = provider({ ...options, insecure, redirectUri: `${origin}/bff/callback`, clock })
  const [lifetimes, keys] = [lifetimesOf(options.lifetimes), keyRing(options.keys)]
  const known = sessions({ store, provider: idp, keys, lifetimes, clock })
  const { start, callback } = login({ provider: idp, sessions: known, store, origin, keys, clock })
  const signOut = logout({ provider: idp, sessions: known, origin })
  const told = backchannel({ sessions: known, check: logoutTokens({ issuer, clientId, store, clock }) })

  const authenticate = async (exchange: Exchange): Promise<Identity> => {
    const [id, second] = sessionIds(exchange.headers.cookie)
    if (id === undefined) throw nobody()
    checkCsrf(exchange, origin)
    if (second !== undefined) throw ambiguous()
    return identityOf(await known.use(id, exchange.log), clientId)
  }

  return {
    authenticate: Object.assign(authenticate, { reads: ['cookie'] }),
    routes: [
      own('GET', '/bff/login', 'Sign in', () => start),
      own('GET', '/bff/callback', 'Where signing in ends', () => callback),
      own('GET', '/bff/session', 'Who is signed in', () => show(known, origin)),
      own('POST', '/bff/logout', 'Sign out', () => signOut),
      own('POST', '/bff/backchannel', 'The provider says who has signed out', () => told),
    ],
  }
}

function identityOf(session: Session, client: string): Identity {
  const { claims, scope, accessToken } = session
  const { sid, iat, auth_time: authTime, acr } = claims
  return {
    user: { id: claims.sub, scopes: new Set(scope.split(' ')), claims },
    accessToken,
    by: 'session',
    client,
    sessionId: typeof sid === 'string' ? sid : undefined,
    issuedAt: typeof iat === 'number' ? iat * 1_000 : 0,
    expiresAt: endOf(session),
    authenticatedAt: typeof authTime === 'number' ? authTime * 1_000 : undefined,
    acr: typeof acr === 'string' ? acr : undefined,
  }
}

const own = (method: Method, path: string, summary: string, bind: () => Handler): Route<unknown> => ({
  methods: [method],
  path,
  guard: open,
  made: { door: 'own', summary },
  bind,
})

const show =
  (known: Sessions, origin: string): Handler =>
  async (exchange, _req, res) => {
    checkCsrf(exchange, origin)
    const [id, second] = sessionIds(exchange.headers.cookie)
    const found = id === undefined || second !== undefined ? undefined : await known.peek(id)
    if (found === undefined) sendJson(res, { authenticated: false }, id === undefined ? [] : [clearSession()])
    else sendJson(res, describe(found))
  }

const describe = ({ visit, keptUntil }: Found<Session>) => ({
  authenticated: true,
  user: { id: visit.claims.sub, name: visit.claims['name'] ?? null, email: visit.claims['email'] ?? null },
  expiresAt: new Date(endOf(visit)).toISOString(),
  idleExpiresAt: new Date(Math.min(keptUntil, endOf(visit))).toISOString(),
  logoutUrl: '/bff/logout',
  csrf,
})

/** What is wrong here is wrong for good, so the app does not start with it. */
function check({ issuer, publicUrl, scope, production = inProduction() }: WebSessionOptions) {
  const [identity, app] = [new URL(issuer), new URL(publicUrl)]
  if (publicUrl.replace(/\/$/, '') !== app.origin) throw new TypeError(`publicUrl must be an origin, not ${publicUrl}`)
  if (app.protocol !== 'https:' && !isLoopback(app)) throw new TypeError('publicUrl must be https, or on localhost')
  if (!scope.split(' ').includes('openid')) throw new TypeError('scope must contain openid')
  const insecure = identity.protocol === 'http:'
  if (insecure && (production || !isLoopback(identity))) {
    throw new TypeError('issuer must be https; http will do on localhost outside production')
  }
  return { origin: app.origin, insecure }
}

const isLoopback = ({ hostname }: URL): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
