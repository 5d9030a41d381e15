import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { decode } from './shop.ts'

/** The claims of a JWT signed by one of the issuer's keys. Throws otherwise. */
export async function verified(jwt: string, issuer: string): Promise<Readonly<Record<string, unknown>>> {
  const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: (JsonWebKey & { kid: string })[] }
  const [header, claims] = decode(jwt)
  const key = keys.find(({ kid }) => kid === header!['kid'])
  if (key === undefined || header!['alg'] !== 'RS256') throw new TypeError('signed by an unknown key')
  const [, signed, signature] = /^(.*)\.([\w-]+)$/.exec(jwt)!
  const good = verify(
    'sha256',
    Buffer.from(signed!),
    createPublicKey({ key, format: 'jwk' }),
    Buffer.from(signature!, 'base64url'),
  )
  if (!good) throw new TypeError('invalid signature')
  return claims!
}
