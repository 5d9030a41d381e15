import type { KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { hasOneReading, jsonObject } from './strict-json.ts'
import { TokenError } from './token-error.ts'

/**
 * The algorithms that `jsonwebtoken` verifies with a public key of at least 2048 bits, or on P-256. It does not support
 * EdDSA.
 */
export const algorithms = ['RS256', 'PS256', 'ES256'] as const
export type Algorithm = (typeof algorithms)[number]

/** Longest token, in characters. */
const maxLength = 8_192

/** They change how the token is read, or let the sender choose its key. */
const forbidden = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c']

export interface JwsRules {
  /** The only accepted `typ`, without its `application/` (RFC 8725 §3.11). */
  readonly type: string
  readonly algorithms: readonly Algorithm[]
  /** The sender's own key comes in the header. Default false: such a header is refused. */
  readonly ownKey?: boolean
}

/** Unverified: for choosing a key, and for refusing early. */
export interface Jws {
  readonly token: string
  readonly alg: Algorithm
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * Parses a signed JWT strictly (RFC 7515 §7.1): at most 8 KiB, three segments of base64url without padding, whitespace
 * or spare bits, and unambiguous JSON objects. Throws a `TokenError` for anything else, before checking a signature.
 */
export function readJws(token: string, rules: JwsRules): Jws {
  if (token.length > maxLength) throw new TokenError('length')
  const [head, body, signature, ...more] = token.split('.', 4)
  if (head === undefined || body === undefined || signature === undefined || more.length > 0)
    throw new TokenError('shape')
  const [header, payload] = [objectIn(decoded(head)), objectIn(decoded(body))]
  decoded(signature)
  const { typ } = header
  const alg = rules.algorithms.find((one) => one === header['alg'])
  if (alg === undefined) throw new TokenError('algorithm')
  if (typeof typ !== 'string' || typ.toLowerCase().replace(/^application\//, '') !== rules.type)
    throw new TokenError('type')
  if (forbidden.some((name) => Object.hasOwn(header, name) && !(name === 'jwk' && rules.ownKey === true)))
    throw new TokenError('header')
  return { token, alg, header, payload }
}

/** Throws a `TokenError` unless this key made the signature. Does not check claims. */
export function checkSignature({ token, alg }: Jws, key: KeyObject): void {
  try {
    jwt.verify(token, key, { algorithms: [alg], ignoreExpiration: true, ignoreNotBefore: true })
  } catch (error) {
    throw new TokenError('signature', error)
  }
}

/** Decoders skip invalid characters: only text that encodes back to itself has a single encoding. */
function decoded(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== segment) throw new TokenError('shape')
  return bytes
}

function objectIn(bytes: Buffer): Readonly<Record<string, unknown>> {
  const found = jsonObject(bytes)
  if (found === undefined) throw new TokenError('shape')
  if (!hasOneReading(found.text)) throw new TokenError('members')
  return found.value
}
