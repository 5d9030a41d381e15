import { createHash } from 'node:crypto'
import type { Store } from '../../state/store.ts'
import { checkSignature, type Jws, readJws } from '../jwt/jws.ts'
import { issuerKeys, type KeysOptions } from '../jwt/keys.ts'
import { isObject } from '../jwt/strict-json.ts'
import { TokenError } from '../jwt/token-error.ts'
import type { Whose } from '../session/session-index.ts'

/** Seconds by which clocks may differ. */
const SKEW = 30
/** Seconds for which a token is taken, whatever it says itself: so long is remembered which ones were used. */
const MAX_AGE = 600
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

export interface LogoutTokenOptions extends KeysOptions {
  readonly clientId: string
  /** Remembers which tokens were used. */
  readonly store: Store
}

/** `message` is for the log and says which check failed; the sender learns nothing of it. */
export class LogoutTokenError extends Error {
  override readonly name = 'LogoutTokenError'
}

/** Who is logged out, and what to say once they are: from then on the token is used. */
export interface LogoutOrder {
  readonly who: Whose
  readonly done: () => Promise<unknown>
}

/**
 * Checks a logout token (OpenID Connect Back-Channel Logout 1.0 §2.6) against the keys of its issuer. It must be typed as one
 * (`logout+jwt`), so nothing else that the issuer signs can pass for it, and it counts until it was carried out once. Rejects with a `LogoutTokenError`,
 * or with `KeysUnavailable`.
 */
export function logoutTokens(options: LogoutTokenOptions): (token: string) => Promise<LogoutOrder> {
  const { issuer, clientId, store, clock = Date.now } = options
  const keys = issuerKeys(options)
  return async (token) => {
    const jws = read(token)
    const { kid } = jws.header
    const key = isName(kid) ? await keys(kid) : undefined
    if (key === undefined) throw new LogoutTokenError('key')
    refusing(() => checkSignature(jws, key))
    const claims = jws.payload
    checkTimes(claims, clock() / 1000)
    const { iss, aud, jti } = claims
    if (iss !== issuer) throw new LogoutTokenError('issuer')
    if (aud !== clientId && !(Array.isArray(aud) && aud.includes(clientId))) throw new LogoutTokenError('audience')
    const who = whoOf(claims)
    if (!isName(jti)) throw new LogoutTokenError('jti')
    const used = `logout:${createHash('sha256').update(jti).digest('base64url')}`
    const ttl = (MAX_AGE + 2 * SKEW) * 1_000
    if ((await store.get(used)) !== undefined) throw new LogoutTokenError('replay')
    return { who, done: () => store.set(used, '', ttl) }
  }
}

/** Everything that can be refused before a key is looked for. */
const read = (token: string): Jws =>
  refusing(() => readJws(token, { type: 'logout+jwt', algorithms: ['RS256', 'ES256'] }))

function refusing<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw error instanceof TokenError ? new LogoutTokenError(error.reason) : error
  }
}

function checkTimes({ iat, exp }: Readonly<Record<string, unknown>>, now: number): void {
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) throw new LogoutTokenError('times')
  if (Number(exp) <= now - SKEW) throw new LogoutTokenError('expired')
  if (Number(iat) > now + SKEW) throw new LogoutTokenError('not-yet')
  if (Number(iat) <= now - MAX_AGE - SKEW) throw new LogoutTokenError('old')
}

/** One session where there is a `sid`, and only if it is one of the `sub` beside it; all of the `sub` otherwise. */
function whoOf(claims: Readonly<Record<string, unknown>>): Whose {
  const { events, sub, sid } = claims
  if (!isObject(events) || !isObject(events[EVENT])) throw new LogoutTokenError('events')
  // That is how an ID token, or what could be taken for one, is told apart.
  if (Object.hasOwn(claims, 'nonce')) throw new LogoutTokenError('nonce')
  if ((sub !== undefined && !isName(sub)) || (sid !== undefined && !isName(sid))) throw new LogoutTokenError('subject')
  if (sub === undefined && sid === undefined) throw new LogoutTokenError('subject')
  return { sub, sid }
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 255
