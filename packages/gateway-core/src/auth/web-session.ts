import type { Method } from '../contract.ts'
import type { Authenticate, Exchange, Guard, Handler, Identity, Route } from '../exchange.ts'
import type { Store } from '../state/store.ts'
import { isActive } from './session/activity.ts'
import { backchannel } from './login/backchannel.ts'
import { checkCsrf } from './session/csrf.ts'
import { open, signedIn } from './guards.ts'
import { login } from './login/login.ts'
import { logout } from './login/logout.ts'
import { logoutTokens } from './login/logout-token.ts'
import { provider } from './login/provider.ts'
import { sessionIdentities } from './session/session-identity.ts'
import { sessionProblems } from './session/session-problem.ts'
import { sessionHandlers } from './session/session-routes.ts'
import { sessionSetup, type SessionSetupOptions } from './session/session-setup.ts'
import { type Sessions, sessions } from './session/session.ts'
import { type Visitor, visitor } from './session/visitor.ts'

export interface WebSessionOptions extends SessionSetupOptions {
  readonly clientId: string
  /** The private key of the client (EC P-256 or RSA, as PEM or JWK): it proves itself by that, and no secret travels (RFC 7523). */
  readonly clientKey?: string | undefined
  /** For providers that take no key. There must be one of the two. */
  readonly clientSecret?: string | undefined
  /** The API that access tokens are for (RFC 8707). */
  readonly resource?: string | undefined
  readonly store: Store
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

export interface WebSession {
  readonly authenticate: Authenticate
  readonly routes: Route<unknown>[]
  readonly visitor: Visitor
  /** For whoever has to end them: revocations, an administrator. */
  readonly sessions: Pick<Sessions, 'list' | 'endOne' | 'endAll'>
}

/**
 * Signs people in with a browser: tokens stay on the server, and the browser holds one opaque cookie that no script can
 * read (OAuth 2.0 for Browser-Based Applications §6.1). `routes` answer `/bff/login`, `/bff/callback`, `/bff/session`,
 * `/bff/sessions`, `/bff/logout` and, to the provider, `/bff/backchannel`; `authenticate` refuses what other sites forge before it looks at a
 * session.
 *
 * Browsers leave the cookie out of the navigation that ends a login, for it began at another site. The page loaded by it
 * is anonymous; its own requests are not.
 */
export function webSession(options: WebSessionOptions): WebSession {
  const { issuer, clientId, store, clock = Date.now } = options
  const { origin, insecure, cookie, lifetimes, keys } = sessionSetup(options)
  const idp = provider({ ...options, insecure, redirectUri: `${origin}/bff/callback`, clock })
  const problems = sessionProblems(cookie)
  const known = sessions({ store, provider: idp, problems, keys, lifetimes, clock })
  const { start, callback } = login({ provider: idp, sessions: known, cookie, store, origin, keys, clock })
  const signOut = logout({ provider: idp, sessions: known, cookie, origin })
  const told = backchannel({ sessions: known, check: logoutTokens({ issuer, clientId, store, clock }) })
  const { show, list, endOne, endOthers } = sessionHandlers({ sessions: known, cookie, origin })
  const identityOf = sessionIdentities(clientId)

  // There is no way to a session that leaves the CSRF check out.
  const authenticate = async (exchange: Exchange): Promise<Identity> => {
    const [id, second] = cookie.ids(exchange.headers.cookie)
    if (id === undefined) throw problems.nobody()
    checkCsrf(exchange, origin)
    if (second !== undefined) throw problems.ambiguous()
    return identityOf(await known.use(id, exchange.log, isActive(exchange)), id)
  }

  return {
    authenticate: Object.assign(authenticate, { reads: ['cookie'] }),
    visitor: visitor(known, cookie, origin),
    sessions: known,
    routes: [
      own('GET', '/bff/login', 'Sign in', () => start),
      own('GET', '/bff/callback', 'Where signing in ends', () => callback),
      own('GET', '/bff/session', 'Who is signed in', () => show),
      own('GET', '/bff/sessions', 'Where else one is signed in', () => list, signedIn),
      own('DELETE', '/bff/sessions', 'Sign out everywhere else', () => endOthers, signedIn),
      own('DELETE', '/bff/sessions/:id', 'Sign out somewhere', () => endOne, signedIn),
      own('POST', '/bff/logout', 'Sign out', () => signOut),
      own('POST', '/bff/backchannel', 'The provider says who has signed out', () => told),
    ],
  }
}

const own = (
  method: Method,
  path: string,
  summary: string,
  bind: () => Handler,
  guard: Guard = open,
): Route<unknown> => ({
  methods: [method],
  path,
  guard,
  made: { door: 'own', summary },
  bind,
})
