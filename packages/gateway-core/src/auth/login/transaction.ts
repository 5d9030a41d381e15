import * as oidc from 'openid-client'
import { clearCookie, readCookies, setCookie } from '../session/cookie.ts'
import type { SealingKeys } from '../session/sealing-keys.ts'
import type { Transaction } from './provider.ts'
import { seal, unseal } from '../session/seal.ts'

const PREFIX = '__Host-Http-tx-'
const PURPOSE = 'login transaction'
const MAX_PENDING = 3
/** Names and values of all of them, so that with the session cookie the header stays below 2 KiB. */
const MAX_BYTES = 1_900

/** Time limit of a login in milliseconds. */
export const LIFETIME = 600_000

/** The purpose of a login. */
export interface Purpose extends Pick<Transaction, 'maxAge' | 'acr'> {
  readonly returnUrl: string
  /** The session at the start: browsers withhold `Strict` cookies at the end. */
  readonly from?: string | undefined
}

/** A login in progress. */
export interface Pending extends Transaction, Purpose {}

type Sealed = readonly [
  nonce: string,
  verifier: string,
  expiresAt: number,
  returnUrl: string,
  maxAge?: number | null,
  acr?: string | null,
  from?: string | null,
]

export interface Transactions {
  /** The `Set-Cookie` values that begin it. Beyond three logins, or too many bytes, the oldest are dropped. */
  begin(purpose: Purpose, cookieHeader: string | undefined): { readonly pending: Pending; readonly cookies: string[] }
  /** `undefined` unless this browser began it less than 10 min ago. */
  find(state: string, cookieHeader: string | undefined): Pending | undefined
}

/**
 * Logins in progress are kept in the browser, one sealed cookie each: several tabs can log in, any process can finish a
 * login, and abandoned ones use no memory.
 */
export function transactions(keys: SealingKeys, clock: () => number): Transactions {
  return {
    begin: (purpose, cookieHeader) => {
      const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()]
      const { returnUrl, maxAge, acr, from } = purpose
      const sealed: Sealed = [nonce, verifier, clock() + LIFETIME, returnUrl, maxAge ?? null, acr ?? null, from ?? null]
      const name = nameOf(state)
      const value = `${keys.current}.${seal(JSON.stringify(sealed), keys.derive(keys.current, PURPOSE)!, name)}`
      return {
        pending: { state, nonce, verifier, ...purpose },
        cookies: [
          ...surplus(cookieHeader, name.length + value.length).map((other) => clearCookie(other, 'Lax')),
          // Lax: the way back starts at another site.
          setCookie(name, { value, sameSite: 'Lax', maxAge: LIFETIME / 1000 }),
        ],
      }
    },
    find: (state, cookieHeader) => {
      const name = nameOf(state)
      const values = readCookies(cookieHeader).flatMap(([other, value]) => (other === name ? [value] : []))
      const text = values.length === 1 ? open(values[0]!, name, keys) : undefined
      if (text === undefined) return undefined
      const [nonce, verifier, expiresAt, returnUrl, maxAge, acr, from] = JSON.parse(text) as Sealed
      if (expiresAt <= clock()) return undefined
      return {
        state,
        nonce,
        verifier,
        returnUrl,
        maxAge: maxAge ?? undefined,
        acr: acr ?? undefined,
        from: from ?? undefined,
      }
    },
  }
}

function open(value: string, name: string, keys: SealingKeys): string | undefined {
  const dot = value.indexOf('.')
  const key = keys.derive(value.slice(0, Math.max(0, dot)), PURPOSE)
  return key === undefined ? undefined : unseal(value.slice(dot + 1), key, name)
}

/** Deletes the cookie: a login finishes once, successfully or not. */
export const endTransaction = (state: string): string => clearCookie(nameOf(state), 'Lax')

/** Names of the cookies to drop for a new one. */
function surplus(cookieHeader: string | undefined, more: number): readonly (typeof PREFIX)[] {
  const going: (typeof PREFIX)[] = []
  let [count, bytes] = [1, more]
  // Browsers send the oldest first (RFC 6265 §5.4), so the last ones are kept.
  for (const [name, value] of readCookies(cookieHeader).toReversed()) {
    if (!isName(name)) continue
    count += 1
    bytes += name.length + value.length
    if (count > MAX_PENDING || bytes > MAX_BYTES) going.push(name)
  }
  return [...new Set(going)]
}

const nameOf = (state: string): typeof PREFIX => `${PREFIX}${state}` as typeof PREFIX
const isName = (name: string): name is typeof PREFIX =>
  name.startsWith(PREFIX) && /^[\w-]{43}$/.test(name.slice(PREFIX.length))
