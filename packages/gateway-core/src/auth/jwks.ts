import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { isRoca } from './roca.ts'
import { isObject } from './strict-json.ts'

/** What a header may name a key by (`kid`): never a path, a statement or a URL. */
export const keyId = /^[\w.-]{1,64}$/

export interface SigningKey {
  readonly key: KeyObject
  /** The one algorithm that its owner uses it with. Absent: any that fits it. */
  readonly alg: string | undefined
}

export type KeySet = ReadonlyMap<string, SigningKey>

const rsa = ['RS256', 'PS256']
const ec = ['ES256']

/** What only the owner may know (RFC 7518 §6): a key that comes with it is everybody's. */
const secret = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Public keys by id. What cannot be trusted, or not be told apart, is left out: the others still work. */
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
 * A public key that verifies signatures (RFC 7517), as strong as it must be (RFC 8725 §3.5): RSA of 2048 to 8192 bits with
 * the exponent 65537, or P-256. `undefined` for any other. OpenSSL forgets `use`, `key_ops` and `alg`, so they are read here.
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
