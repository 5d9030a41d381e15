import { generateKeyPairSync, sign } from 'node:crypto'
import { json, type Upstream, upstream } from '@bff/gateway-core/testing'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Verify, verifier } from '../src/index.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const serviceSecret = 'a-secret-of-the-services-of-32-characters'
const audience = 'urn:test'

let issuer: Upstream
let verify: Verify

beforeAll(async () => {
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }]
  issuer = await upstream((req, res) =>
    json(res, req.url === '/jwks' ? { keys } : { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` }),
  )
  verify = verifier({ issuer: issuer.url, audience, serviceSecret })
})

afterAll(async () => {
  await issuer[Symbol.asyncDispose]()
})

function token(more: object = {}): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer.url,
    aud: audience,
    sub: 'cus_ada',
    client_id: 'app',
    jti: 'a',
    iat: now,
    exp: now + 60,
    ...more,
  }
  const input = [{ alg: 'RS256', typ: 'at+jwt', kid: 'one' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

const missing = {
  status: 401,
  code: 'token-missing',
  options: { headers: { 'www-authenticate': 'Bearer realm="urn:test"' } },
}
const invalid = {
  status: 401,
  code: 'token-invalid',
  options: { headers: { 'www-authenticate': 'Bearer realm="urn:test", error="invalid_token"' } },
}

it('knows a user by a token of the issuer', async () => {
  const good = token()
  expect(await verify('user', `Bearer ${good}`)).toEqual({ id: 'cus_ada', token: good })
  expect(await verify('user', `bearer ${good}`)).toMatchObject({ id: 'cus_ada' })
})

it('does not know one without a token, or with another one', async () => {
  await expect(verify('user', undefined)).rejects.toMatchObject(missing)
  await expect(verify('user', 'Basic YWRh')).rejects.toMatchObject(missing)
  for (const bad of ['nonsense', token({ aud: 'urn:other' }), token({ exp: 1 }), `${token()}x`, serviceSecret]) {
    await expect(verify('user', `Bearer ${bad}`)).rejects.toMatchObject(invalid)
  }
})

it('knows a service by the secret, and by nothing else', async () => {
  expect(await verify('service', `Bearer ${serviceSecret}`)).toEqual({ id: 'service', token: serviceSecret })
  await expect(verify('service', undefined)).rejects.toMatchObject(missing)
  for (const bad of [token(), serviceSecret.slice(1), `${serviceSecret}x`]) {
    await expect(verify('service', `Bearer ${bad}`)).rejects.toMatchObject(invalid)
  }
})

it('says that it cannot say when the issuer is away', async () => {
  const away = verifier({ issuer: 'http://127.0.0.1:1', audience, serviceSecret })
  await expect(away('user', `Bearer ${token({ iss: 'http://127.0.0.1:1' })}`)).rejects.toMatchObject({
    status: 503,
    code: 'identity-unavailable',
    options: { headers: { 'retry-after': '1' } },
  })
})
