import { createPrivateKey, createPublicKey, hash, type JsonWebKey, type KeyObject, type webcrypto } from 'node:crypto'

/** What a client proves itself with instead of a secret (`private_key_jwt`, RFC 7523). */
export interface ClientKey {
  readonly key: webcrypto.CryptoKey
  /** Its name or, where it has none, its thumbprint (RFC 7638), which whoever has the public key can compute. */
  readonly kid: string
}

/**
 * Reads a private key as PEM (PKCS #8) or as a JWK, whose own `kid` counts: EC P-256 for ES256, or RSA of at least 2048 bits
 * for RS256. Throws a `TypeError` otherwise, which repeats nothing of it.
 */
export function clientKey(text: string): ClientKey {
  const { key, kid } = parse(text)
  const { kty, crv, x, y, e, n } = createPublicKey(key).export({ format: 'jwk' })
  const elliptic = kty === 'EC' && crv === 'P-256'
  if (!elliptic && !(kty === 'RSA' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048)) {
    throw new TypeError('clientKey must be an EC key on P-256, or an RSA key of at least 2048 bits')
  }
  const algorithm = elliptic ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const members = JSON.stringify(elliptic ? { crv, kty, x, y } : { e, kty, n })
  return {
    key: key.toCryptoKey(algorithm, false, ['sign']),
    kid: kid ?? hash('sha256', members, 'base64url'),
  }
}

function parse(text: string): { readonly key: KeyObject; readonly kid?: string | undefined } {
  try {
    if (!text.trimStart().startsWith('{')) return { key: createPrivateKey(text) }
    const jwk = JSON.parse(text) as JsonWebKey & { readonly kid?: string }
    return { key: createPrivateKey({ key: jwk, format: 'jwk' }), kid: jwk.kid }
  } catch {
    throw new TypeError('clientKey must be a private key, in PEM (PKCS #8) or as a JWK')
  }
}
