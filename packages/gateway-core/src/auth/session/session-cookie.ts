import { clearCookie, readCookies, setCookie } from './cookie.ts'

/**
 * `__Host-Http-` says: no other host wrote it, no plain http, and no script (layered cookies, §4.1.3). It is the only name
 * tried, for nothing tells a server which browsers know it: to those that do not it begins with `__Host-`, whose rules they
 * apply, so it is never less than that.
 */
const NAME = '__Host-Http-sid'

/** Has none of its rules and no name like them, so nobody takes it for the other. */
const PLAIN = 'development-sid'

/** What is weaker about the cookie than it could be, and why. */
export interface Weaker {
  /** Goes along when a link of another site leads here: for pages that this server renders for whoever is signed in. */
  readonly sameSite?: 'Lax'
  /**
   * `development-sid`, without prefix and `Secure`, for browsers that take no `Secure` cookie from http://localhost: Safari
   * does not, Chrome and Firefox do. Only there, and never in production.
   */
  readonly plain?: true
  /** A sentence for whoever reads the boot log in a year: at least 20 characters. */
  readonly reason: string
}

/** The cookie of the session: it ends with the browser, or when the server forgets it. */
export interface SessionCookie {
  readonly name: string
  readonly sameSite: 'Strict' | 'Lax'
  readonly set: (id: string) => string
  readonly clear: () => string
  /** Every id sent; an honest browser sends one at most. */
  readonly ids: (header: string | undefined) => readonly string[]
}

export function sessionCookie(weaker?: Weaker): SessionCookie {
  const { plain, sameSite = 'Strict' }: { plain?: true; sameSite?: 'Strict' | 'Lax' } = weaker ?? {}
  const name = plain === true ? PLAIN : NAME
  return {
    name,
    sameSite,
    set: (value) => setCookie(name, { value, sameSite }),
    clear: () => clearCookie(name, sameSite),
    ids: (header) => readCookies(header).flatMap(([other, value]) => (other === name ? [value] : [])),
  }
}
