import type { IncomingHttpHeaders } from 'node:http'
import type { Exchange, Guard, Handler } from '../../exchange.ts'
import { checkCsrf, csrfRejected } from '../session/csrf.ts'
import type { Provider } from './provider.ts'
import { redirect, sendJson } from './respond.ts'
import type { SessionCookie } from '../session/session-cookie.ts'
import type { Sessions } from '../session/session.ts'

export interface LogoutOptions {
  readonly provider: Pick<Provider, 'endSessionUrl'>
  readonly sessions: Pick<Sessions, 'peek' | 'end'>
  readonly cookie: SessionCookie
  readonly origin: string
}

/**
 * Ends the session here, then its refresh token, then returns where the browser signs out of the provider
 * (`endSessionUrl`, or null). A form is redirected there at once (303); its page's `form-action` must allow the
 * provider. Idempotent.
 */
export const logout =
  ({ provider, sessions, cookie, origin }: LogoutOptions): Handler =>
  async (exchange, _req, res) => {
    const { headers, log } = exchange
    let sid: string | undefined
    for (const id of cookie.ids(headers.cookie)) {
      const claims = (await sessions.peek(id))?.visit.claims
      if (typeof claims?.['sid'] === 'string') sid = claims['sid']
      await sessions.end(id, exchange)
    }
    const endSessionUrl = await provider.endSessionUrl(`${origin}/`, sid).catch((err: unknown) => {
      log.warn({ err }, 'sign-out URL of the provider unavailable: signed out here only')
      return null
    })
    if (isForm(exchange)) redirect(res, endSessionUrl ?? '/', [cookie.clear()])
    else sendJson(res, { endSessionUrl }, [cookie.clear()])
  }

/** Allows any page of this site. */
export const ofThisSite =
  (origin: string): Guard =>
  (exchange) => {
    if (isForm(exchange)) checkForm(exchange.headers, origin)
    else checkCsrf(exchange, origin)
    return {}
  }

const isForm = ({ headers }: Exchange): boolean =>
  /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')

/**
 * A form cannot send the header that `checkCsrf` requires, so the browser must show that the form is ours: by Fetch
 * Metadata or, in an old one, by `Origin`. (With `Referrer-Policy: no-referrer` its `Origin` is `null`.)
 */
function checkForm(headers: IncomingHttpHeaders, origin: string): void {
  const site = headers['sec-fetch-site']
  const own = headers.origin === origin
  if (site === 'same-origin' ? own || (headers.origin ?? 'null') === 'null' : site === undefined && own) return
  const signal = site === undefined ? 'origin' : 'fetch-metadata'
  throw csrfRejected(signal, 'the form is not known to be of this site')
}
