import { createHash, createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from 'node:crypto'

/** What a client proves itself with instead of a secret (`private_key_jwt`, RFC 7523). */
export interface ClientKey {
  readonly key: webcrypto.CryptoKey
  /** RFC 7638: whoever has the public key can compute it, and need not be told. */
  readonly kid: string
}

/** Reads a private key in PEM (PKCS #8): EC P-256 for ES256, or RSA of 2048 bits for RS256. Throws a `TypeError` otherwise. */
export function clientKey(pem: string): ClientKey {
  const key = parse(pem)
  const jwk = createPublicKey(key).export({ format: 'jwk' })
  const { kty, crv, x, y, e, n } = jwk
  const elliptic = kty === 'EC' && crv === 'P-256'
  if (!elliptic && !(kty === 'RSA' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048)) {
    throw new TypeError('clientKey must be an EC key on P-256, or an RSA key of at least 2048 bits')
  }
  const algorithm = elliptic ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const members = elliptic ? { crv, kty, x, y } : { e, kty, n }
  return {
    key: key.toCryptoKey(algorithm, false, ['sign']),
    kid: createHash('sha256').update(JSON.stringify(members)).digest('base64url'),
  }
}

/** The error of the parser could repeat a part of the key. */
function parse(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new TypeError('clientKey must be a private key in PEM (PKCS #8)')
  }
}
