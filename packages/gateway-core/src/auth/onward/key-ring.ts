import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import type { Variable } from '../../env.ts'

/** The keys of one token issuer, all for ES256. */
export interface KeyRing {
  readonly kid: string
  /** The signing key. */
  readonly key: KeyObject
  /** The public half of every key, for verification (RFC 7517 §5). */
  readonly keySet: PublicKeySet
}

export interface PublicKeySet {
  readonly keys: readonly PublicKey[]
}

// Not an interface: the compiler does not accept those as a JsonWebKey.
type PublicKey = {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly alg: 'ES256'
  readonly use: 'sig'
}

/** Path of a program's key set, for private networks. */
export const keySetPath = '/.well-known/jwks.json'

export const keySetPage = (keySet: PublicKeySet) => () => ({
  type: 'application/jwk-set+json',
  text: JSON.stringify(keySet),
})

/**
 * A ring of P-256 private keys: PEM blocks, or a JWK set. The first signs, all are published. To rotate without
 * refusals, append the new key, then move it first once every service has fetched it; see docs/guides/rotate-keys.md. A
 * key's id is its thumbprint (RFC 7638), whatever `kid` it had, so it is the same in every process. Throws a
 * `TypeError`.
 */
export const keyRing = (text: string): KeyRing => ringOf(privateKeysIn(text))

/** A ring of one new, ephemeral key. */
export const newKeyRing = (): KeyRing => ringOf([generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey])

/** Also read from the file that `<NAME>_FILE` names. Optional in development: `undefined`. */
export const privateKeys: Variable<KeyRing | undefined> = {
  parse: (text) => (text === '' ? undefined : keyRing(text)),
  shape:
    'private keys for ES256, PEM or a JWK set (`openssl ecparam -name prime256v1 -genkey -noout` makes one), or <NAME>_FILE naming a file with them',
  example: '<secret>',
  hidden: true,
  development: '',
}

function ringOf(keys: readonly KeyObject[]): KeyRing {
  const published = keys.map(publicHalf)
  if (new Set(published.map(({ kid }) => kid)).size < keys.length) throw new TypeError('duplicate key')
  return { kid: published[0]!.kid, key: keys[0]!, keySet: { keys: published } }
}

function privateKeysIn(text: string): readonly KeyObject[] {
  const keys = text.trimStart().startsWith('{') ? fromSet(text) : fromPem(text)
  if (keys.length === 0) throw new TypeError('no key found')
  for (const { asymmetricKeyType, asymmetricKeyDetails } of keys) {
    if (asymmetricKeyType !== 'ec' || asymmetricKeyDetails?.namedCurve !== 'prime256v1')
      throw new TypeError('a key is not on the curve P-256')
  }
  return keys
}

function fromSet(text: string): KeyObject[] {
  const { keys } = JSON.parse(text) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new TypeError('not a JWK set')
  return keys.map((key: object) => createPrivateKey({ key: { ...key }, format: 'jwk' }))
}

const block = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^-]+-----END \1-----/g

const fromPem = (text: string): KeyObject[] => (text.match(block) ?? []).map((pem) => createPrivateKey(pem))

function publicHalf(key: KeyObject): PublicKey {
  const { kty, crv, x, y } = createPublicKey(key).export({ format: 'jwk' }) as Omit<PublicKey, 'kid'>
  const kid = hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url')
  return { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }
}
