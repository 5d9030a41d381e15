import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import * as oidc from 'openid-client'
import type { Variable } from '../env.ts'

/**
 * Client authentication with a private key instead of a secret (`private_key_jwt`, RFC 7523 §3): an assertion with the
 * issuer as audience, valid for 60 s, with a unique id. The key is PEM or a JWK: EC P-256 for ES256, or RSA of at least
 * 2048 bits for RS256. `kid` is sent if given or in the JWK. Otherwise throws a `TypeError` that reveals nothing of the
 * key.
 */
export function clientKey(text: string, named?: string): oidc.ClientAuth {
  const { key, kid: own, algorithm } = signing(text)
  const kid = named ?? own
  const bytes = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }))
  const ready = crypto.subtle
    .importKey('pkcs8', bytes, algorithm, false, ['sign'])
    .then((imported) => oidc.PrivateKeyJwt(kid === undefined ? imported : { key: imported, kid }))
  return async (...request) => (await ready)(...request)
}

/** The input of `clientKey`, or empty for none. Also read from the file that `<NAME>_FILE` names. */
export const clientPrivateKey: Variable<string> = {
  parse: (text) => {
    if (text !== '') signing(text)
    return text
  },
  shape:
    'a private key on P-256 or of RSA with 2048 bits or more, in PEM or as a JWK, or <NAME>_FILE the file that holds it, or empty',
  example: '<secret>',
  hidden: true,
  fallback: '',
}

function signing(text: string) {
  const { key, kid } = parse(text)
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const elliptic = namedCurve === 'prime256v1'
  if (!elliptic && !(key.asymmetricKeyType === 'rsa' && modulusLength >= 2048)) {
    throw new TypeError('clientKey must be an EC key on P-256, or an RSA key of at least 2048 bits')
  }
  const algorithm = elliptic ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return { key, kid, algorithm }
}

function parse(text: string): { readonly key: KeyObject; readonly kid?: string | undefined } {
  try {
    if (!text.trimStart().startsWith('{')) return { key: createPrivateKey(text) }
    const jwk = JSON.parse(text) as JsonWebKey & { readonly kid?: string }
    return { key: createPrivateKey({ key: jwk, format: 'jwk' }), kid: jwk.kid }
  } catch {
    throw new TypeError('clientKey must be a private key, in PEM or as a JWK')
  }
}
