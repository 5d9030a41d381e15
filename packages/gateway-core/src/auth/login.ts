import type { Exchange, Handler } from '../exchange.ts'
import { problem, Problem } from '../problem.ts'
import { memoryStore } from '../state/memory.ts'
import type { Store } from '../state/store.ts'
import { sessionIds, setSession } from './session-cookie.ts'
import { type Provider, Refused, type Tokens } from './provider.ts'
import { redirect } from './respond.ts'
import { returnPath } from './return-url.ts'
import type { Sessions } from './session.ts'
import { endTransaction, type Pending, transactions } from './transaction.ts'

export interface LoginOptions {
  readonly provider: Provider
  readonly sessions: Sessions
  readonly store: Store
  /** This app, as browsers see it. */
  readonly origin: string
  readonly secret: string
  readonly clock: () => number
}

/** Authorization code flow with PKCE, state and nonce, each good for one login in one browser (RFC 9700 §2.1). */
export function login({ provider, sessions, store, origin, secret, clock }: LoginOptions): {
  start: Handler
  callback: Handler
} {
  const logins = transactions(secret, clock)
  // A second use of a callback would make the provider withdraw what the first one got. In memory they are kept apart: whoever
  // begins many logins must not push sessions out.
  const finished = store.local === true ? memoryStore({ clock }) : store

  const start: Handler = async ({ query, headers }, _req, res) => {
    const returnUrl = returnPath(query.get('returnUrl') ?? '/', origin)
    if (returnUrl === undefined || query.getAll('returnUrl').length > 1) {
      throw problem(400, 'invalid-return-url', {
        detail: 'returnUrl must be a path on this site, such as /orders?page=2.',
      })
    }
    const { pending, cookies } = logins.begin(returnUrl, headers.cookie)
    redirect(res, (await provider.authorizationUrl(pending)).href, cookies)
  }

  const callback: Handler = async (exchange, _req, res) => {
    const pending = logins.find(exchange.query.get('state') ?? '', exchange.headers.cookie)
    if (pending === undefined)
      throw refusal(exchange, 400, 'login-expired', 'not begun in this browser, or too long ago')
    // Before the code is spent: while the store is down, the code stays good.
    if (!(await finished.set(nameOf(pending), '', 600_000, 'if-absent'))) {
      throw refusal(exchange, 400, 'login-expired', 'state used before', pending)
    }
    const { claims, ...tokens } = await redeem(exchange, provider, pending).catch(async (error: unknown) => {
      // After an outage the code may still be good.
      if (error instanceof Problem && error.status === 503) await finished.delete(nameOf(pending))
      throw error
    })
    if (claims === undefined) throw refusal(exchange, 400, 'login-failed', 'no ID token', pending)
    // Whoever was signed in here before is not any more.
    for (const old of sessionIds(exchange.headers.cookie)) await sessions.forget(old)
    const id = await sessions.start(claims, tokens)
    redirect(res, pending.returnUrl, [setSession(id), endTransaction(pending.state)])
  }
  return { start, callback }
}

const nameOf = ({ state }: Pending): string => `login:${state}`

async function redeem(exchange: Exchange, provider: Provider, pending: Pending): Promise<Tokens> {
  try {
    return await provider.redeem(exchange.query, pending)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const denied = exchange.query.has('error')
    throw refusal(exchange, denied ? 401 : 400, denied ? 'login-refused' : 'login-failed', error.message, pending)
  }
}

/** No session comes of it, and one line says why. */
function refusal(exchange: Exchange, status: number, code: string, reason: string, pending?: Pending): Problem {
  exchange.log.warn({ reason }, 'login refused')
  return problem(status, code, {
    detail: 'The login did not succeed. It can be started again.',
    extra: { loginUrl: '/bff/login' },
    ...(pending === undefined ? {} : { headers: { 'set-cookie': endTransaction(pending.state) } }),
  })
}
