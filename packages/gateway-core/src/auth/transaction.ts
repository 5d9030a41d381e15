import { hkdfSync } from 'node:crypto'
import * as oidc from 'openid-client'
import { clearCookie, readCookies, setCookie } from './cookie.ts'
import type { Transaction } from './provider.ts'
import { seal, unseal } from './seal.ts'

const PREFIX = '__Host-tx-'
const LIFETIME = 600_000
const MAX_PENDING = 3

/** One login under way. */
export interface Pending extends Transaction {
  readonly returnUrl: string
}

type Sealed = readonly [nonce: string, verifier: string, returnUrl: string, expiresAt: number]

export interface Transactions {
  /** The `Set-Cookie` lines that begin it. Of more than three at once the oldest go. */
  begin(returnUrl: string, cookieHeader: string | undefined): { readonly pending: Pending; readonly cookies: string[] }
  /** `undefined` unless this browser began it, less than 10 min ago. */
  find(state: string, cookieHeader: string | undefined): Pending | undefined
}

/**
 * Logins under way live in the browser, one sealed cookie each, so that several tabs can log in, any process can finish
 * it, and visitors who never do cost no memory.
 */
export function transactions(secret: string, clock: () => number): Transactions {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'login transaction', 32))
  return {
    begin: (returnUrl, cookieHeader) => {
      const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()]
      const sealed: Sealed = [nonce, verifier, returnUrl, clock() + LIFETIME]
      const name = nameOf(state)
      const value = seal(JSON.stringify(sealed), key, name)
      // Browsers send the oldest first (RFC 6265 §5.4).
      const others = readCookies(cookieHeader).flatMap(([other]) => (isName(other) ? [other] : []))
      const surplus = others.slice(0, Math.max(0, others.length - MAX_PENDING + 1))
      return {
        pending: { state, nonce, verifier, returnUrl },
        cookies: [
          ...surplus.map((other) => clearCookie(other, 'Lax')),
          // Lax: the way back begins at another site.
          setCookie(name, { value, sameSite: 'Lax', maxAge: LIFETIME / 1000 }),
        ],
      }
    },
    find: (state, cookieHeader) => {
      const name = nameOf(state)
      const values = readCookies(cookieHeader).flatMap(([other, value]) => (other === name ? [value] : []))
      const text = values.length === 1 ? unseal(values[0]!, key, name) : undefined
      if (text === undefined) return undefined
      const [nonce, verifier, returnUrl, expiresAt] = JSON.parse(text) as Sealed
      return expiresAt > clock() ? { state, nonce, verifier, returnUrl } : undefined
    },
  }
}

/** Takes the cookie back: a login is finished once, well or badly. */
export const endTransaction = (state: string): string => clearCookie(nameOf(state), 'Lax')

const nameOf = (state: string): typeof PREFIX => `${PREFIX}${state}` as typeof PREFIX
const isName = (name: string): name is typeof PREFIX => /^__Host-tx-[\w-]{43}$/.test(name)
