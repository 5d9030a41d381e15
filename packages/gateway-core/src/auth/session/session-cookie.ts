import { clearCookie, readCookies, setCookie } from './cookie.ts'

/**
 * `__Host-Http-` guarantees that no other host, no plain http and no script set it (layered cookies, §4.1.3). It is the
 * only name used, because a server cannot tell which browsers support it: the others apply the rules of `__Host-`, so
 * it is never weaker than that.
 */
const NAME = '__Host-Http-sid'

/** Has none of the guarantees, so its name is distinct. */
const PLAIN = 'development-sid'

/** How the cookie is weaker than possible, and why. */
export interface Weaker {
  /** Sent when a link on another site leads here: for server-rendered pages of signed-in users. */
  readonly sameSite?: 'Lax'
  /**
   * `development-sid`, without prefix and `Secure`, for browsers that accept no `Secure` cookie from http://localhost:
   * Safari does not, Chrome and Firefox do. Only there, and never in production.
   */
  readonly plain?: true
  /** A sentence for the boot log: at least 20 characters. */
  readonly reason: string
}

/** The session cookie: it ends with the browser, or when the server deletes the session. */
export interface SessionCookie {
  readonly name: string
  readonly sameSite: 'Strict' | 'Lax'
  readonly set: (id: string) => string
  readonly clear: () => string
  /** Every id sent; an honest browser sends at most one. */
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
