import type { Method } from '../contract.ts'
import type { Authenticate, Counted, Exchange, Guard, Handler, Identity, Route } from '../exchange.ts'
import { Problem } from '../problem.ts'
import type { Store } from '../state/store.ts'
import { isActive } from './session/activity.ts'
import { backchannel } from './login/backchannel.ts'
import { checkCsrf } from './session/csrf.ts'
import { audit } from './audit.ts'
import { describedAs, open, signedIn } from './guards.ts'
import { login } from './login/login.ts'
import { logout, ofThisSite } from './login/logout.ts'
import { logoutTokens } from './login/logout-token.ts'
import { provider } from './login/provider.ts'
import type { Revocations } from './revocation/revocations.ts'
import type { Session } from './session/session-content.ts'
import { sessionIdentities } from './session/session-identity.ts'
import { type SessionProblems, sessionProblems } from './session/session-problem.ts'
import { sessionHandlers } from './session/session-routes.ts'
import { sessionSetup, type SessionSetupOptions } from './session/session-setup.ts'
import { type Sessions, sessions } from './session/session.ts'
import { type Visitor, visitor } from './session/visitor.ts'

export interface WebSessionOptions extends SessionSetupOptions {
  readonly clientId: string
  /** The client's private key (EC P-256 or RSA, as PEM or JWK), used instead of sending a secret (RFC 7523). */
  readonly clientKey?: string | undefined
  /** For providers that accept no key. One of the two is required. */
  readonly clientSecret?: string | undefined
  /** Target API of the access tokens (RFC 8707). */
  readonly resource?: string | undefined
  readonly store: Store
  /**
   * With them, event streams and sockets opened with a session end with it, in all processes. Absent: they end by
   * themselves.
   */
  readonly revocations?: Pick<Revocations, 'ended' | 'isRevoked' | 'user'> | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

export interface WebSession {
  readonly authenticate: Authenticate
  readonly routes: Route<unknown>[]
  readonly visitor: Visitor
  /** For ending sessions from outside: revocations, an administrator. */
  readonly sessions: Pick<Sessions, 'list' | 'endOne' | 'endAll'>
}

/**
 * Browser sign-in: tokens stay on the server, and the browser holds one opaque cookie that no script can read (OAuth
 * 2.0 for Browser-Based Applications §6.1). `routes` answer `/bff/login`, `/bff/callback`, `/bff/session`,
 * `/bff/sessions`, `/bff/logout` and, for the provider, `/bff/backchannel`; `authenticate` refuses cross-site requests
 * before it reads a session.
 *
 * Browsers omit the cookie from the navigation that ends a login, because it began at another site. The page it loads
 * is anonymous; its own requests are not.
 */
export function webSession(options: WebSessionOptions): WebSession {
  const { clientId: client, store, log, revocations, clock = Date.now } = options
  const { origin, insecure, cookie, lifetimes, keys } = sessionSetup(options)
  const counts: { here?: Counted } = {}
  const problems = sessionProblems(cookie)
  const idp = provider({ ...options, insecure, redirectUri: `${origin}/bff/callback`, clock })
  const common = { store, provider: idp, keys, client, tell: audit(log), clock }
  const known = sessions({
    ...common,
    problems,
    lifetimes,
    revoke: revocations?.ended,
    count: (outcome) => counts.here?.refresh(outcome),
  })
  const identityOf = sessionIdentities(client)
  const isRevoked = revocations && ((session: Session, id: string) => revocations.isRevoked(identityOf(session, id)))
  const shared = {
    ...common,
    sessions: known,
    cookie,
    origin,
    isRevoked,
    count: (how: Outcome) => counts.here?.login(how),
  }
  return {
    authenticate: Object.assign(byCookie(shared, identityOf, problems), {
      reads: ['cookie'],
      counting: (counted: Counted) => void (counts.here = counted),
    }),
    visitor: visitor(
      known,
      cookie,
      auditedCsrf(shared, (signal) => counts.here?.csrf(signal)),
    ),
    sessions: known,
    routes: [...routesOf(shared), fromProvider(options, shared)],
  }
}

const fromProvider = ({ revocations, ...options }: WebSessionOptions, { sessions, tell, clock }: Shared) =>
  own(
    'POST',
    '/bff/backchannel',
    'Back-channel logout by the provider',
    backchannel({
      sessions,
      tell,
      revokeUser: revocations && ((sub) => revocations.user(sub, 'back-channel')),
      check: logoutTokens({ ...options, clock }),
    }),
  )

/** The CSRF check always precedes the session. */
function byCookie(
  { sessions, cookie, origin }: Shared,
  identityOf: ReturnType<typeof sessionIdentities>,
  problems: SessionProblems,
) {
  return async (exchange: Exchange): Promise<Identity> => {
    const [id, second] = cookie.ids(exchange.headers.cookie)
    if (id === undefined) throw problems.signedOut()
    checkCsrf(exchange, origin)
    if (second !== undefined) throw problems.ambiguous()
    return identityOf(await sessions.use(id, exchange, isActive(exchange)), id)
  }
}

type Outcome = Parameters<Counted['login']>[0]
type Shared = Parameters<typeof login>[0] & Parameters<typeof logout>[0] & Parameters<typeof sessionHandlers>[0]

function routesOf(shared: Shared): Route<unknown>[] {
  const { cookie, origin } = shared
  const { start, callback } = login(shared)
  const { show, list, endOne, endOthers } = sessionHandlers(shared)
  // Without a cookie there is nothing to guard.
  const ofOurPage: Guard = (exchange) => {
    if (cookie.ids(exchange.headers.cookie).length > 0) checkCsrf(exchange, origin)
    return {}
  }
  const ours = 'anybody, own pages only'
  return [
    own('GET', '/bff/login', 'Sign in', start),
    own('GET', '/bff/callback', 'Complete the sign-in', callback),
    own('GET', '/bff/session', 'Show the session', show, describedAs(ours, ofOurPage)),
    own('GET', '/bff/sessions', 'List the sessions of the user', list, signedIn),
    own('DELETE', '/bff/sessions', 'Sign out everywhere else', endOthers, signedIn),
    own('DELETE', '/bff/sessions/:id', 'Sign out one session', endOne, signedIn),
    own('POST', '/bff/logout', 'Sign out', logout(shared), describedAs(ours, ofThisSite(origin))),
  ]
}

/** The check for an app's own handlers, which have no guard: logs and counts its refusals here. */
const auditedCsrf =
  ({ origin, tell }: Pick<Shared, 'origin' | 'tell'>, count: Counted['csrf']) =>
  (exchange: Exchange): void => {
    try {
      checkCsrf(exchange, origin)
    } catch (error) {
      const signal = error instanceof Problem ? String(error.options.extra?.['signal']) : 'none'
      count(signal)
      tell('authz_fail', { exchange, reason: 'csrf-rejected', signal })
      throw error
    }
  }

const own = (method: Method, path: string, summary: string, handler: Handler, guard: Guard = open): Route<unknown> => ({
  methods: [method],
  path,
  guard,
  made: { door: 'own', summary },
  bind: () => handler,
})
