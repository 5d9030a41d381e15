import { randomUUID, sign } from 'node:crypto'
import { json, upstream } from '@bff/gateway-core/testing'
import { newKeyRing } from '@bff/gateway-core/token'

/** Whoever it is asked for: identity knows three people, and each may have only so much open. */
export interface Issuer extends AsyncDisposable {
  readonly url: string
  /** An access token (RFC 9068) for the shop, good for an hour. */
  token(user: string): string
}

/** As much of an OpenID provider as a verifier of access tokens asks for: where its keys are, and its keys. */
export async function issuer(): Promise<Issuer> {
  const { kid, key, keySet } = newKeyRing()
  const server = await upstream((req, res) =>
    json(res, req.url === '/keys' ? keySet : { issuer: server.url, jwks_uri: `${server.url}/keys` }),
  )
  const { url } = server
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    url,
    token(user) {
      const iat = Math.floor(Date.now() / 1_000)
      const about = { iss: url, aud: 'urn:shop', sub: user, client_id: 'app', jti: randomUUID(), iat, exp: iat + 3_600 }
      const signed = `${part({ alg: 'ES256', typ: 'at+jwt', kid })}.${part(about)}`
      const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
      return `${signed}.${signature.toString('base64url')}`
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
