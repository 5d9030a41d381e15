import { constants, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'

export const ISSUER = 'https://id.example'
export const AUDIENCE = 'urn:api'
export const NOW = 1_700_000_000_000

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

export const jwk = (key: KeyObject, more: object = {}): JsonWebKey & Record<string, unknown> => ({
  ...key.export({ format: 'jwk' }),
  ...more,
})

/** Signs whatever it is given, sensible or not. */
export function token(
  payload: object | string,
  { header = {}, key = rsa.privateKey }: { header?: object | string; key?: KeyObject } = {},
): string {
  const head = typeof header === 'string' ? header : { alg: 'RS256', typ: 'at+jwt', kid: 'one', ...header }
  const input = [head, payload]
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
    .map((text) => Buffer.from(text).toString('base64url'))
    .join('.')
  return `${input}.${signed(input, key, typeof head === 'object' && 'alg' in head ? head.alg : undefined)}`
}

function signed(input: string, key: KeyObject, alg: unknown): string {
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants
  const how = alg === 'PS256' && key.asymmetricKeyType === 'rsa' ? { padding, saltLength } : {}
  const hash = key.asymmetricKeyType === 'ed25519' ? undefined : 'sha256'
  return sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...how }).toString('base64url')
}

export const claims = (more: object = {}) => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'someone',
  client_id: 'app',
  jti: 'a-token',
  iat: NOW / 1000,
  exp: NOW / 1000 + 300,
  scope: 'read write',
  ...more,
})

/** What the issuer would answer, without a socket. What is written here may change at any time; `requests` counts discoveries. */
export function issuer(keys: readonly object[] = [jwk(rsa.publicKey, { kid: 'one', use: 'sig' })]) {
  const state = { keys, down: false, requests: 0, metadata: { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` } as object }
  const fetch: typeof globalThis.fetch = async (url) => {
    if (url === `${ISSUER}/jwks`) return Response.json({ keys: state.keys })
    state.requests += 1
    if (state.down) throw new TypeError('fetch failed')
    return Response.json(state.metadata)
  }
  return Object.assign(state, { fetch })
}
