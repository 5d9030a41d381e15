// An issuer without a process: its keys, and one access token of it (RFC 9068).
import { generateKeyPairSync, sign } from 'node:crypto'

export const issuer = 'https://identity.test'
export const audience = 'urn:bench'

const kid = 'bench'
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** What the issuer would answer: its discovery document and its keys. */
export const fetchKeys: typeof fetch = (url) =>
  Promise.resolve(
    Response.json(
      String(url).endsWith('/jwks')
        ? { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }] }
        : { issuer, jwks_uri: `${issuer}/jwks` },
    ),
  )

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

const now = Math.floor(Date.now() / 1000)
const head = encode({ alg: 'ES256', typ: 'at+jwt', kid })
const claims = encode({
  iss: issuer,
  aud: audience,
  sub: 'a-shopper',
  client_id: 'bench',
  scope: 'openid orders:read',
  jti: 'bench',
  iat: now,
  exp: now + 3_600,
})
const signature = sign('sha256', Buffer.from(`${head}.${claims}`), { key: privateKey, dsaEncoding: 'ieee-p1363' })

/** Good for an hour. */
export const token = `${head}.${claims}.${signature.toString('base64url')}`
