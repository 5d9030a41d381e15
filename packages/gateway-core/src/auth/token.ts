import type { KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { issuerKeys, type KeysOptions } from './keys.ts'

const MAX_LENGTH = 8_192
const SKEW = 30
const SHAPE = /^[\w-]+\.[\w-]+\.[\w-]+$/
const KEY_ID = /^[\w.-]{1,64}$/
const ALGORITHMS = ['RS256', 'ES256'] as const
const FORBIDDEN = ['crit', 'jwk', 'jku', 'x5u', 'x5c']

export interface TokenOptions extends KeysOptions {
  /** This API. The token must name it in `aud`. */
  readonly audience: string
  /** The one `typ` that is taken. Default `at+jwt`. */
  readonly type?: string | undefined
}

/** RFC 9068 §2.2. Times are epoch seconds. */
export interface Claims {
  readonly iss: string
  readonly sub: string
  readonly aud: string | readonly string[]
  readonly exp: number
  readonly iat: number
  /** Separated by spaces. */
  readonly scope?: string
  readonly [claim: string]: unknown
}

export type TokenFault =
  | 'length'
  | 'shape'
  | 'algorithm'
  | 'type'
  | 'header'
  | 'key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'subject'
  | 'times'
  | 'expired'
  | 'not-yet'
  | 'sender-constrained'

/** `reason` is for the log: whoever sent the token learns only that it will not do. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly reason: TokenFault

  constructor(reason: TokenFault, cause?: unknown) {
    super(`access token refused: ${reason}`, { cause })
    this.reason = reason
  }
}

/** Rejects with a `TokenError`, or with `KeysUnavailable` when the issuer cannot be asked for its keys. */
export type VerifyToken = (token: string) => Promise<Claims>

/**
 * Checks JWT access tokens (RFC 9068, with the advice of RFC 8725) against the keys of their issuer. Clocks may differ
 * by 30 s. A token bound to a key of its sender (`cnf`) is refused: as a mere bearer token it has been stolen.
 */
export function tokenVerifier({ audience, type = 'at+jwt', ...options }: TokenOptions): VerifyToken {
  const { issuer, clock = Date.now } = options
  const keys = issuerKeys(options)
  return async (token) => {
    const kid = checkHeader(token, type)
    const key = await keys(kid)
    if (key === undefined) throw new TokenError('key')
    return checkClaims(verifySignature(token, key), issuer, audience, clock() / 1000)
  }
}

/** Everything that can be refused before a key is looked for. Returns the key id. */
function checkHeader(token: string, type: string): string {
  if (token.length > MAX_LENGTH) throw new TokenError('length')
  if (!SHAPE.test(token)) throw new TokenError('shape')
  const header = parse(token.slice(0, token.indexOf('.')))
  const { alg, typ, kid } = header
  if (!ALGORITHMS.some((known) => known === alg)) throw new TokenError('algorithm')
  if (typeof typ !== 'string' || typ.toLowerCase().replace(/^application\//, '') !== type) throw new TokenError('type')
  if (FORBIDDEN.some((name) => Object.hasOwn(header, name))) throw new TokenError('header')
  if (typeof kid !== 'string' || !KEY_ID.test(kid)) throw new TokenError('key')
  return kid
}

function parse(segment: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'))
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  } catch {
    // Falls through: all the sender's doing.
  }
  throw new TokenError('shape')
}

/** Times are left to `checkClaims`, which also insists that they are there. */
function verifySignature(token: string, key: KeyObject): Readonly<Record<string, unknown>> {
  try {
    const payload = jwt.verify(token, key, {
      algorithms: [...ALGORITHMS],
      ignoreExpiration: true,
      ignoreNotBefore: true,
    })
    if (typeof payload === 'object') return payload
  } catch (error) {
    throw new TokenError('signature', error)
  }
  throw new TokenError('shape')
}

function checkClaims(claims: Readonly<Record<string, unknown>>, issuer: string, audience: string, now: number): Claims {
  const { iss, aud, sub, exp, iat, nbf, cnf } = claims
  if (iss !== issuer) throw new TokenError('issuer')
  if (aud !== audience && !(Array.isArray(aud) && aud.includes(audience))) throw new TokenError('audience')
  if (typeof sub !== 'string' || sub === '') throw new TokenError('subject')
  if (!isTime(exp) || !isTime(iat) || !isTime(nbf ?? iat)) throw new TokenError('times')
  if (exp <= now - SKEW) throw new TokenError('expired')
  if (Math.max(iat, Number(nbf ?? iat)) > now + SKEW) throw new TokenError('not-yet')
  if (cnf !== undefined) throw new TokenError('sender-constrained')
  return claims as unknown as Claims
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
