import { createHash } from 'node:crypto'
import type { Store } from '../../state/store.ts'
import { checkSignature, type Jws, readJws } from '../jwt/jws.ts'
import { issuerKeys, type KeysOptions } from '../jwt/keys.ts'
import { isObject } from '../jwt/strict-json.ts'
import { TokenError } from '../jwt/token-error.ts'
import type { Whose } from '../session/session-index.ts'

/** Tolerated clock skew in seconds. */
const SKEW = 30
/** Longest accepted age of a token in seconds, whatever its `exp`; used tokens are remembered that long. */
const MAX_AGE = 600
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'

export interface LogoutTokenOptions extends KeysOptions {
  readonly clientId: string
  /** Records used tokens. */
  readonly store: Store
}

/** `message` is for the log and names the failed check; the sender does not see it. */
export class LogoutTokenError extends Error {
  override readonly name = 'LogoutTokenError'
}

/** Whose sessions to end, and `done` to call afterwards: it marks the token as used. */
export interface LogoutOrder {
  readonly who: Whose
  readonly done: () => Promise<unknown>
}

/**
 * Verifies a logout token (OpenID Connect Back-Channel Logout 1.0 §2.6) with its issuer's keys. Its type must be
 * `logout+jwt`, so no other token of the issuer can pass for one, and it is valid until carried out once. Rejects with
 * a `LogoutTokenError`, or with `KeysUnavailable`.
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

/** All checks that need no key. */
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

/** With a `sid` one session, and only if it belongs to the `sub` given; otherwise all sessions of the `sub`. */
function whoOf(claims: Readonly<Record<string, unknown>>): Whose {
  const { events, sub, sid } = claims
  if (!isObject(events) || !isObject(events[EVENT])) throw new LogoutTokenError('events')
  // An ID token has a nonce; a logout token must not.
  if (Object.hasOwn(claims, 'nonce')) throw new LogoutTokenError('nonce')
  if ((sub !== undefined && !isName(sub)) || (sid !== undefined && !isName(sid))) throw new LogoutTokenError('subject')
  if (sub === undefined && sid === undefined) throw new LogoutTokenError('subject')
  return { sub, sid }
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 255
