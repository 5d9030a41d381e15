import { createHash } from 'node:crypto'
import type { Exchange } from '../../exchange.ts'
import { withTimeout } from '../../state/with-timeout.ts'
import type { Store } from '../../state/store.ts'
import { algorithms, checkSignature, type Jws, readJws } from '../jwt/jws.ts'
import { importKey } from '../jwt/jwks.ts'
import { type Nonces, nonces } from './nonces.ts'
import { isObject } from '../jwt/strict-json.ts'
import { TokenError, type TokenFault } from '../jwt/token-error.ts'

export interface ProofOptions {
  /** The origin that clients call, whatever proxies are in front: proofs are bound to it. */
  readonly publicUrl: string
  /** Keeps used proofs for 10 min each; needs room for all of them. */
  readonly store: Store
  /** Each of at least 32 characters, the same in all processes: the first signs nonces, all verify them. */
  readonly secrets: readonly string[]
}

/** Tolerated error of a device's clock in milliseconds; the nonce bounds the age of a proof more tightly. */
const window = 300_000

export type ProofFault = TokenFault | 'missing' | 'own-key' | 'target' | 'other-token' | 'time' | 'nonce' | 'replayed'

/** `reason` is for the log; only a missing or old nonce is reported to the client. */
export class ProofError extends Error {
  override readonly name = 'ProofError'
  readonly reason: ProofFault

  constructor(reason: ProofFault, cause?: unknown) {
    super(`proof of possession refused: ${reason}`, { cause })
    this.reason = reason
  }
}

/** Throws a `ProofError`, or the store's error if it cannot tell whether the proof was used before. */
export type CheckProof = (
  exchange: Pick<Exchange, 'method' | 'path' | 'headers'>,
  token: string,
  jkt: string,
) => Promise<void>

/**
 * Checks that the sender of a token holds the key it is bound to (RFC 9449 §4.3), by one `DPoP` header: for this method
 * and URL (without query and fragment) and this token, recent, with one of our nonces, and never used before.
 */
export function proofChecker(
  { publicUrl, store, secrets }: ProofOptions,
  clock: () => number,
): { readonly check: CheckProof; readonly nonce: () => string } {
  const origin = originOf(publicUrl)
  const own = nonces(secrets, clock)
  const check: CheckProof = async ({ method, path, headers }, token, jkt) => {
    const jti = read(headers['dpop'], jkt, { method, path, origin, token, now: clock(), own })
    const first = store.set(usedKey(jkt, jti), '1', 2 * window, 'if-absent')
    if (!(await (store.local === true ? first : withTimeout(first, patience)))) throw new ProofError('replayed')
  }
  return { check, nonce: own.current }
}

interface Expected {
  readonly method: string
  readonly path: string
  readonly origin: string
  readonly token: string
  readonly now: number
  readonly own: Nonces
}

/** Returns the id of a valid proof. */
function read(proof: string | string[] | undefined, jkt: string, expected: Expected): string {
  if (typeof proof !== 'string') throw new ProofError('missing')
  try {
    const jws = readJws(proof, { type: 'dpop+jwt', algorithms, ownKey: true })
    const { jwk } = jws.header
    const own = importKey(jwk)
    if (own === undefined || thumbprint(jwk) !== jkt) throw new ProofError('own-key')
    const jti = checkProofClaims(jws, expected)
    checkSignature(jws, own.key)
    return jti
  } catch (error) {
    throw error instanceof TokenError ? new ProofError(error.reason, error) : error
  }
}

function checkProofClaims({ payload }: Jws, { method, path, origin, token, now, own }: Expected): string {
  const { htm, htu, iat, ath, jti, nonce } = payload
  if (htm !== method || !isFor(htu, origin, path)) throw new ProofError('target')
  if (ath !== digest(token)) throw new ProofError('other-token')
  if (typeof jti !== 'string' || jti === '') throw new ProofError('token-id')
  if (typeof iat !== 'number' || Math.abs(iat * 1_000 - now) > window) throw new ProofError('time')
  if (!own.isGood(nonce)) throw new ProofError('nonce')
  return jti
}

/** Compares normalized URLs (RFC 3986 §6.2.2, §6.2.3); `path` is normalized already. */
function isFor(htu: unknown, origin: string, path: string): boolean {
  if (typeof htu !== 'string' || !URL.canParse(htu)) return false
  const url = new URL(htu)
  if (url.origin !== origin || url.username + url.password !== '') return false
  return url.pathname.replaceAll(/%[0-9a-f]{2}/gi, unescaped) === path
}

function unescaped(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
}

/** RFC 7638 §3. */
export function thumbprint(jwk: unknown): string | undefined {
  if (!isObject(jwk)) return undefined
  const { kty, crv, e, n, x, y } = jwk
  return digest(JSON.stringify(kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }))
}

/** Hashed, because a client may choose a `jti` of any length. */
const usedKey = (jkt: string, jti: string): string => `dpop:${digest(`${jkt}.${jti}`)}`

/** Milliseconds to wait for an unresponsive store. */
const patience = 500

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

function originOf(publicUrl: string): string {
  const { origin } = new URL(publicUrl)
  if (publicUrl.replace(/\/$/, '') !== origin) throw new TypeError(`publicUrl must be an origin, not ${publicUrl}`)
  return origin
}
