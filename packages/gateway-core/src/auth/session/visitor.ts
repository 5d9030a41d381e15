import type { Exchange } from '../../exchange.ts'
import { isActive } from './activity.ts'
import type { SessionCookie } from './session-cookie.ts'
import type { Sessions } from './session.ts'

/**
 * An app's data about a visitor, signed in or not, in the session cookie's session: JSON of at most 16 KiB, for that
 * browser only. It is carried over when a guest signs in, and when the same user signs in again; it is lost to another
 * user and at sign-out. A guest's session has no tokens and opens no route.
 */
export interface Visitor {
  /** `undefined` if nothing was stored. Throws 403 `csrf-rejected`, as all of these do. */
  read(exchange: Exchange): Promise<unknown>
  /**
   * Replaces it; `undefined` deletes it. Resolves with the `Set-Cookie` values for the response, which begin a session
   * if there was none: anyone can create sessions in the store, so the route needs a limit by address. Of two
   * concurrent writes, the later wins. Throws a `RangeError` beyond 16 KiB.
   */
  write(exchange: Exchange, data: unknown): Promise<readonly string[]>
  /**
   * Gives the session a new id, for when its holder gains rights; a login does so by itself. Resolves with the
   * `Set-Cookie` values. Requests in flight with the old id find their session ended.
   */
  renew(exchange: Exchange): Promise<readonly string[]>
}

/** `check` refuses cross-site requests. */
export function visitor(sessions: Sessions, cookie: SessionCookie, check: (exchange: Exchange) => void): Visitor {
  const idOf = (exchange: Exchange): string | undefined => {
    check(exchange)
    const [id, second] = cookie.ids(exchange.headers.cookie)
    return second === undefined ? id : undefined
  }
  return {
    read: async (exchange) => {
      const id = idOf(exchange)
      return id === undefined ? undefined : (await sessions.look(id, isActive(exchange)))?.visit.data
    },
    write: async (exchange, data) => {
      const id = idOf(exchange)
      if (id !== undefined && (await sessions.look(id, isActive(exchange))) && (await sessions.keep(id, data)))
        return []
      // An unknown id is never adopted.
      return data === undefined ? [] : [cookie.set(await sessions.startGuest(data, exchange.headers['user-agent']))]
    },
    renew: async (exchange) => {
      const id = idOf(exchange)
      const renewed = id === undefined ? undefined : await sessions.renew(id, exchange)
      return renewed === undefined ? [] : [cookie.set(renewed)]
    },
  }
}
