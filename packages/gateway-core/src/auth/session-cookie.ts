import { clearCookie, readCookies, setCookie } from './cookie.ts'

const NAME = '__Host-sid'

/** It ends with the browser, or when the server forgets it. */
export const setSession = (id: string): string => setCookie(NAME, { value: id, sameSite: 'Strict' })

export const clearSession = (): string => clearCookie(NAME, 'Strict')

/** Every session id sent; an honest browser sends one at most. What cannot be an id is none. */
export const sessionIds = (header: string | undefined): readonly string[] =>
  readCookies(header).flatMap(([name, value]) => (name === NAME ? [value] : []))
