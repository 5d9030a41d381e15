import type { Exchange, Handler } from '../../exchange.ts'
import { problem } from '../../problem.ts'
import { csrf } from './csrf.ts'
import { sendJson } from '../login/respond.ts'
import type { SessionCookie } from './session-cookie.ts'
import { endOf, isSession, type Session } from './session-content.ts'
import type { Why } from './endings.ts'
import type { Found } from './session-records.ts'
import { nameOf } from './session-seal.ts'
import type { Sessions } from './session.ts'

export interface SessionRoutesOptions {
  readonly sessions: Sessions
  readonly cookie: SessionCookie
  /** Whether it was revoked without being deleted from the store. Default: none is. */
  readonly isRevoked?: ((session: Session, id: string) => boolean) | undefined
}

/**
 * A page's view of its own session and the user's others. `show` is open to anyone and never extends the session; the
 * rest requires authentication.
 */
export function sessionHandlers(
  options: SessionRoutesOptions,
): Record<'show' | 'list' | 'endOne' | 'endOthers', Handler> {
  return { show: show(options), ...others(options) }
}

const show =
  ({ sessions, cookie, isRevoked }: SessionRoutesOptions): Handler =>
  async (exchange, _req, res) => {
    const [id, second] = cookie.ids(exchange.headers.cookie)
    if (id === undefined) return sendJson(res, { authenticated: false })
    const found = second === undefined ? await sessions.look(id) : undefined
    const signedIn = found !== undefined && isSignedIn(found) ? found : undefined
    const revoked = signedIn !== undefined && isRevoked?.(signedIn.visit, id) === true
    if (signedIn !== undefined && !revoked) return sendJson(res, describe(signedIn))
    // A guest's cookie stays: the app's data in it is theirs.
    sendJson(res, { authenticated: false }, found === undefined || revoked ? [cookie.clear()] : [])
  }

function others({ sessions, cookie }: SessionRoutesOptions) {
  const own = ({ headers }: Exchange): string => cookie.ids(headers.cookie)[0] ?? ''
  const userOf = async (exchange: Exchange): Promise<string> => (await exchange.authenticate()).user.id

  const list: Handler = async (exchange, _req, res) => {
    const current = nameOf(own(exchange))
    const listed = await sessions.list(await userOf(exchange))
    sendJson(res, {
      items: listed.map(({ id, startedAt, seenAt, agent }) => ({
        id,
        agent: agent === '' ? null : agent,
        startedAt: iso(startedAt),
        seenAt: iso(seenAt),
        current: id === current,
      })),
    })
  }

  const endOne: Handler = async (exchange, _req, res) => {
    const [user, { id = '' }] = [await userOf(exchange), exchange.params]
    const current = id === nameOf(own(exchange))
    if (current) await sessions.end(own(exchange), exchange)
    else if (!(await sessions.endOne(user, id, elsewhere(exchange)))) throw problem(404, 'session-not-found')
    sendJson(res, { ended: 1 }, current ? [cookie.clear()] : [])
  }

  const endOthers: Handler = async (exchange, _req, res) => {
    const user = await userOf(exchange)
    if (exchange.query.get('except') !== 'current') {
      throw problem(422, 'validation', { errors: [{ pointer: '/query/except', detail: 'must be "current"' }] })
    }
    const others = (await sessions.list(user)).filter(({ id }) => id !== nameOf(own(exchange)))
    const ended = await Promise.all(others.map(({ id }) => sessions.endOne(user, id, elsewhere(exchange))))
    sendJson(res, { ended: ended.filter(Boolean).length })
  }
  return { list, endOne, endOthers }
}

const elsewhere = (exchange: Exchange): Why => ({ reason: 'signed-out-elsewhere', exchange })

const isSignedIn = (found: Found): found is Found<Session> => isSession(found.visit)

const describe = ({ visit, keptUntil }: Found<Session>) => ({
  authenticated: true,
  user: { id: visit.claims.sub, name: visit.claims['name'] ?? null, email: visit.claims['email'] ?? null },
  expiresAt: iso(endOf(visit)),
  idleExpiresAt: iso(Math.min(keptUntil, endOf(visit))),
  logoutUrl: '/bff/logout',
  csrf,
})

const iso = (time: number): string => new Date(time).toISOString()
