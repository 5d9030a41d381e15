import { generateKeyPairSync, sign } from 'node:crypto'
import { json, upstream } from '@bff/gateway-core/testing'

export interface Issuer extends AsyncDisposable {
  readonly url: string
  /** An access token (RFC 9068) of this customer. */
  token(sub: string): string
}

/** An OpenID issuer, as far as a service needs one: its metadata, its keys, its signature. */
export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'RS256', use: 'sig' }]
  const server = await upstream((req, res) => {
    if (req.url === '/jwks') json(res, { keys })
    else json(res, { issuer: server.url, jwks_uri: `${server.url}/jwks` })
  })
  return {
    url: server.url,
    token: (sub) => {
      const iat = Math.floor(Date.now() / 1000)
      const who = { sub, client_id: 'app', jti: crypto.randomUUID() }
      const claims = { iss: server.url, aud: 'urn:shop', ...who, iat, exp: iat + 300 }
      const signed = [{ alg: 'RS256', typ: 'at+jwt', kid: 'key-1' }, claims].map(encode).join('.')
      return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
