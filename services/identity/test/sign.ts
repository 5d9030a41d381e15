import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export interface Key {
  readonly privateKey: KeyObject
  readonly publicJwk: Readonly<Record<string, unknown>>
}

export function ecKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // A copy, because the provider accepts only plain objects of this realm.
  return { privateKey, publicJwk: { ...publicKey.export({ format: 'jwk' }) } }
}

/** A JWT, ES256. */
export function jwt(key: Key, header: object, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'ES256', ...header })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

const now = () => Math.floor(Date.now() / 1_000)

/** RFC 9449 §4.2. */
export const proof = (key: Key, htu: string, more: object = {}): string =>
  jwt(key, { typ: 'dpop+jwt', jwk: key.publicJwk }, { jti: crypto.randomUUID(), htm: 'POST', htu, iat: now(), ...more })

/** RFC 7523 §3: a client authentication assertion. */
export const assertion = (key: Key, issuer: string, more: object = {}): Readonly<Record<string, string>> => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: jwt(
    key,
    {},
    { iss: 'web', sub: 'web', aud: issuer, jti: crypto.randomUUID(), iat: now(), exp: now() + 60, ...more },
  ),
})

/** RFC 7638. */
export function thumbprint({ publicJwk: { crv, kty, x, y } }: Key): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}
