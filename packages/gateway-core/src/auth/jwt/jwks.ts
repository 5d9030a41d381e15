import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isRoca } from './roca.ts'
import { isObject } from './strict-json.ts'

/** Allowed key ids (`kid`): never a path, a statement or a URL. */
export const keyId = /^[\w.-]{1,64}$/

export interface SigningKey {
  readonly key: KeyObject
  /** The one algorithm the key is for. Absent: any that fits its type. */
  readonly alg: string | undefined
}

export type KeySet = ReadonlyMap<string, SigningKey>

const rsa = ['RS256', 'PS256']
const ec = ['ES256']

/** Private members (RFC 7518 §6): a key published with one is compromised. */
const secret = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Public keys by id. Untrustworthy and ambiguous ones are left out; the others still work. */
export function importKeys(jwks: readonly unknown[]): KeySet {
  const keys = new Map<string, SigningKey>()
  const twice = new Set<string>()
  for (const jwk of jwks) {
    const imported = importKey(jwk)
    const kid = isObject(jwk) ? jwk['kid'] : undefined
    if (imported === undefined || typeof kid !== 'string' || !keyId.test(kid)) continue
    if (keys.has(kid)) twice.add(kid)
    keys.set(kid, imported)
  }
  for (const kid of twice) keys.delete(kid)
  return keys
}

/**
 * Imports a public key for verifying signatures (RFC 7517) of sufficient strength (RFC 8725 §3.5): RSA of 2048 to 8192
 * bits with exponent 65537, or P-256; `undefined` for any other. OpenSSL drops `use`, `key_ops` and `alg`, so they are
 * checked here.
 */
export function importKey(jwk: unknown): SigningKey | undefined {
  if (!isObject(jwk)) return undefined
  const { kty, crv, use = 'sig', key_ops: ops = ['verify'], alg } = jwk
  const fitting = kty === 'RSA' ? rsa : kty === 'EC' && crv === 'P-256' ? ec : []
  if (fitting.length === 0 || (alg !== undefined && !(typeof alg === 'string' && fitting.includes(alg))))
    return undefined
  if (use !== 'sig' || !Array.isArray(ops) || !ops.includes('verify')) return undefined
  if (secret.some((member) => Object.hasOwn(jwk, member))) return undefined
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
    return kty === 'RSA' && isWeak(key, jwk['n']) ? undefined : { key, alg }
  } catch {
    return undefined
  }
}

function isWeak({ asymmetricKeyDetails }: KeyObject, n: unknown): boolean {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {}
  if (modulusLength < 2_048 || modulusLength > 8_192 || publicExponent !== 65_537n) return true
  const modulus = BigInt(`0x${Buffer.from(String(n), 'base64url').toString('hex')}`)
  return modulus % 2n === 0n || isRoca(modulus)
}
