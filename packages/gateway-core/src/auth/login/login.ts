import type { Counted, Exchange, Handler } from '../../exchange.ts'
import { problem, Problem } from '../../problem.ts'
import type { Store } from '../../state/store.ts'
import type { Audit } from '../audit.ts'
import { nameOf } from '../session/session-seal.ts'
import { loginRequest } from './login-request.ts'
import { navigation } from './navigation.ts'
import type { SealingKeys } from '../session/sealing-keys.ts'
import type { SessionCookie } from '../session/session-cookie.ts'
import { type Provider, Refused, type Tokens } from './provider.ts'
import { redirect } from './respond.ts'
import type { Sessions } from '../session/session.ts'
import { endTransaction, LIFETIME, type Pending, transactions } from './transaction.ts'

export interface LoginOptions {
  readonly provider: Provider
  readonly sessions: Pick<Sessions, 'start'>
  readonly cookie: SessionCookie
  /** Records finished logins, for all processes. */
  readonly store: Store
  /** This app's origin as browsers see it. */
  readonly origin: string
  readonly keys: SealingKeys
  readonly tell: Audit
  readonly client: string
  readonly count: Counted['login']
  readonly clock: () => number
}

/** Authorization code flow with PKCE, state and nonce, each good for one login in one browser (RFC 9700 §2.1). */
export function login(options: LoginOptions): {
  start: Handler
  callback: Handler
} {
  const { provider, sessions, cookie, store, origin, keys, clock, tell, client } = options
  const logins = transactions(keys, clock)

  const start: Handler = async (exchange, _req, res) => {
    const { prompt, ...purpose } = loginRequest(exchange.query, origin)
    const [from, second] = cookie.ids(exchange.headers.cookie)
    const { pending, cookies } = logins.begin(
      { ...purpose, from: second === undefined ? from : undefined },
      exchange.headers.cookie,
    )
    const url = await loggingOutage(exchange, provider.authorizationUrl(pending, prompt))
    redirect(res, url.href, cookies)
  }

  const callback: Handler = async (exchange, _req, res) => {
    const pending = logins.find(exchange.query.get('state') ?? '', exchange.headers.cookie)
    if (pending === undefined) throw refusal(exchange, 'expired', 'not begun in this browser, or expired')
    const use = `login:${pending.state}`
    // A reused code would make the provider revoke the tokens of its first use.
    if (!(await store.set(use, '', LIFETIME, 'if-absent'))) {
      throw refusal(exchange, 'expired', 'state used before', pending)
    }
    const { claims, ...tokens } = await redeem(exchange, provider, pending).catch(async (error: unknown) => {
      // After an outage the code may still be valid.
      if (error instanceof Problem && error.status === 503) await store.delete(use)
      throw error
    })
    if (claims === undefined) throw refusal(exchange, 'failed', 'no ID token', pending)
    // The login replaces any session of this browser.
    const { 'user-agent': agent, cookie: cookies } = exchange.headers
    const ids = new Set([...(pending.from === undefined ? [] : [pending.from]), ...cookie.ids(cookies)])
    const id = await sessions.start(claims, tokens, { agent, ids: [...ids], exchange })
    tell('authn_login_success', { user: claims.sub, client, session: nameOf(id), exchange, route })
    options.count('success')
    redirect(res, pending.returnUrl, [cookie.set(id), endTransaction(pending.state)])
  }
  return { start: navigation(start), callback: navigation(failing(options, callback)) }
}

const route = '/bff/callback'

/** Logs and counts every failed login. */
const failing =
  ({ tell, client, count }: LoginOptions, callback: Handler): Handler =>
  async (exchange, ...given) => {
    try {
      await callback(exchange, ...given)
    } catch (error) {
      count('failed')
      tell('authn_login_fail', { client, exchange, route, reason: error instanceof Problem ? error.code : 'internal' })
      throw error
    }
  }

async function redeem(exchange: Exchange, provider: Provider, pending: Pending): Promise<Tokens> {
  try {
    return await loggingOutage(exchange, provider.redeem(exchange.query, pending))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw refusal(exchange, exchange.query.has('error') ? 'refused' : 'failed', error.message, pending)
  }
}

/** If the provider is unavailable, logs the cause in one line. */
function loggingOutage<T>(exchange: Exchange, asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    if (error instanceof Problem) {
      const { cause } = error.options
      exchange.log.warn({ reason: cause instanceof Error ? cause.message : error.code }, 'login not possible')
    }
    throw error
  })
}

const outcomes = {
  expired: [400, 'login-expired', 'It took too long, was finished before, or was begun in another browser.'],
  failed: [400, 'login-failed', 'The sign-in service gave an answer that cannot be relied on. Nobody was signed in.'],
  refused: [401, 'login-refused', 'The sign-in was cancelled, or the sign-in service refused it.'],
} as const

/** Creates no session; logs the reason in one line. */
function refusal(exchange: Exchange, outcome: keyof typeof outcomes, reason: string, pending?: Pending): Problem {
  exchange.log.warn({ reason }, 'login refused')
  const [status, code, detail] = outcomes[outcome]
  const again = pending === undefined ? '' : `?${new URLSearchParams({ returnUrl: pending.returnUrl })}`
  return problem(status, code, {
    detail,
    extra: { loginUrl: `/bff/login${again}` },
    ...(pending === undefined ? {} : { headers: { 'set-cookie': endTransaction(pending.state) } }),
  })
}
