import type { Exchange } from '../../exchange.ts'
import { isActive } from './activity.ts'
import type { SessionCookie } from './session-cookie.ts'
import type { Sessions } from './session.ts'

/**
 * What an app keeps of whoever is there, known or not, in the session of the same cookie: JSON of at most 16 KiB, for nobody
 * but that browser. It comes along when a guest signs in, and when the same person signs in again; with another person it is
 * gone, as it is at sign-out. A guest's session has no tokens and opens no route: only signing in makes somebody of them.
 */
export interface Visitor {
  /** `undefined` when nothing was kept. Throws 403 `csrf-rejected`, as all of these do. */
  read(exchange: Exchange): Promise<unknown>
  /**
   * Replaces it; `undefined` takes it away. Resolves with the `Set-Cookie` lines that the answer must carry, which begin a
   * session where there was none: anybody can make the store hold one more, so the route needs a limit by address. Of two
   * writes at the same time, the later one stays. Throws a `RangeError` for more than 16 KiB.
   */
  write(exchange: Exchange, data: unknown): Promise<readonly string[]>
  /**
   * Gives the session another id, for when its holder may do more than before; a login does it by itself. Resolves with the
   * `Set-Cookie` lines. Requests that are under way with the old id find their session ended.
   */
  renew(exchange: Exchange): Promise<readonly string[]>
}

/** `check` refuses what another site has made. */
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
      // An id that is not known is never taken over.
      return data === undefined ? [] : [cookie.set(await sessions.startGuest(data, exchange.headers['user-agent']))]
    },
    renew: async (exchange) => {
      const id = idOf(exchange)
      const renewed = id === undefined ? undefined : await sessions.renew(id, exchange)
      return renewed === undefined ? [] : [cookie.set(renewed)]
    },
  }
}
