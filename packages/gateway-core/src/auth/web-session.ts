import type { Method } from '../contract.ts'
import { inProduction } from '../env.ts'
import type { Authenticate, Exchange, Handler, Identity, Route } from '../exchange.ts'
import type { Store } from '../state/store.ts'
import { checkCsrf, csrf } from './csrf.ts'
import { open } from './guards.ts'
import { login } from './login.ts'
import { type Provider, provider } from './provider.ts'
import { sendJson } from './respond.ts'
import { clearSession, sessionIds } from './session-cookie.ts'
import type { Found, Session } from './session-records.ts'
import { type Sessions, sessionProblem, sessions } from './session.ts'

export interface WebSessionOptions {
  /** Exactly as the provider writes it. */
  readonly issuer: string
  readonly clientId: string
  /** Also makes the key that seals logins under way. */
  readonly clientSecret: string
  /** The origin of this app as browsers see it. Its `/bff/callback` must be registered with the provider. */
  readonly publicUrl: string
  /** Separated by spaces; must contain `openid`. */
  readonly scope: string
  /** The API that access tokens are for (RFC 8707). */
  readonly resource?: string | undefined
  readonly store: Store
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
  /** Refuses an issuer without TLS even on this machine. Default: `NODE_ENV` is `production`. */
  readonly production?: boolean | undefined
}

/**
 * Signs people in with a browser: tokens stay on the server, and the browser holds one opaque cookie that no script can
 * read (OAuth 2.0 for Browser-Based Applications §6.1). `routes` answer `/bff/login`, `/bff/callback`, `/bff/session` and
 * `/bff/logout`; `authenticate` refuses what other sites forge before it looks at a session.
 *
 * Browsers leave the cookie out of the navigation that ends a login, for it began at another site. The page loaded by it
 * is anonymous; its own requests are not.
 */
export function webSession(options: WebSessionOptions): { authenticate: Authenticate; routes: Route<unknown>[] } {
  const { clientId, clientSecret, store, clock = Date.now } = options
  const { origin, insecure } = check(options)
  const idp = provider({ ...options, insecure, redirectUri: `${origin}/bff/callback` })
  const known = sessions(store, idp, clock)
  const { start, callback } = login({ provider: idp, sessions: known, origin, secret: clientSecret, clock })

  const authenticate = async (exchange: Exchange): Promise<Identity> => {
    const [id, second] = sessionIds(exchange.headers.cookie)
    if (id === undefined) throw sessionProblem('session-required', 'Nobody is signed in.')
    checkCsrf(exchange, origin)
    if (second !== undefined) throw sessionProblem('session-required', 'Two sessions were sent.', clearSession())
    return identityOf(await known.use(id, exchange.log), clientId)
  }

  return {
    authenticate: Object.assign(authenticate, { reads: ['cookie'] }),
    routes: [
      own('GET', '/bff/login', 'Sign in', () => start),
      own('GET', '/bff/callback', 'Where signing in ends', () => callback),
      own('GET', '/bff/session', 'Who is signed in', () => show(known, origin)),
      own('POST', '/bff/logout', 'Sign out', () => logout(known, idp, origin)),
    ],
  }
}

function identityOf({ claims, scope, endsAt }: Session, client: string): Identity {
  const { sid, iat, auth_time: authTime, acr } = claims
  return {
    user: { id: claims.sub, scopes: new Set(scope.split(' ')), claims },
    by: 'session',
    client,
    sessionId: typeof sid === 'string' ? sid : undefined,
    issuedAt: typeof iat === 'number' ? iat * 1_000 : 0,
    expiresAt: endsAt,
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

const logout =
  (known: Sessions, idp: Provider, origin: string): Handler =>
  async (exchange, _req, res) => {
    checkCsrf(exchange, origin)
    for (const id of sessionIds(exchange.headers.cookie)) await known.end(id, exchange.log)
    const endSessionUrl = await idp.endSessionUrl(`${origin}/`).catch((err: unknown) => {
      exchange.log.warn({ err }, 'signed out here, but not at the provider')
      return null
    })
    sendJson(res, { endSessionUrl }, [clearSession()])
  }

const describe = ({ session: { claims }, expiresAt }: Found) => ({
  authenticated: true,
  user: { id: claims.sub, name: claims['name'] ?? null, email: claims['email'] ?? null },
  expiresAt: new Date(expiresAt).toISOString(),
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
