// An issuer without a server: its keys, and one of its access tokens (RFC 9068).
import { generateKeyPairSync, sign } from 'node:crypto'

export const issuer = 'https://identity.test'
export const audience = 'urn:bench'

const kid = 'bench'
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

export const keys = [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }]

/** The issuer's responses: its discovery document and its keys. */
export const fetchKeys: typeof fetch = (url) =>
  Promise.resolve(Response.json(String(url).endsWith('/jwks') ? { keys } : { issuer, jwks_uri: `${issuer}/jwks` }))

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** A token of some user, valid for an hour from now. */
export function signed(typ: string, more: object): string {
  const now = Math.floor(Date.now() / 1000)
  const head = encode({ alg: 'ES256', typ, kid })
  const claims = encode({ sub: 'a-shopper', iat: now, exp: now + 3_600, ...more })
  const signature = sign('sha256', Buffer.from(`${head}.${claims}`), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return `${head}.${claims}.${signature.toString('base64url')}`
}

export const token = signed('at+jwt', {
  iss: issuer,
  aud: audience,
  client_id: 'bench',
  scope: 'openid orders:read',
  jti: 'bench',
})
