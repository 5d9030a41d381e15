import { generateKeyPairSync, sign } from 'node:crypto'
import { json, signedInAs, type Upstream, upstream } from '@bff/gateway-core/testing'
import { internalTokens, keySetPath } from '@bff/gateway-core/token'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bffIssuers, logger, type Verify, verifier } from '../src/index.ts'

const serviceSecret = 'a-secret-of-the-services-of-32-characters'
const log = logger('test', 'silent')
const web = internalTokens({ name: 'web-bff', log })
const mobile = internalTokens({ name: 'mobile-bff', log })
const stranger = internalTokens({ name: 'other-bff', log })
const ada = signedInAs('cus_ada')

let bffs: Upstream
let issuers: Readonly<Record<string, string>>
let orders: Verify

beforeAll(async () => {
  bffs = await upstream((req, res) => json(res, req.url === `/web${keySetPath}` ? web.keySet : mobile.keySet))
  issuers = bffIssuers({ WEB_BFF_URL: `${bffs.url}/web`, MOBILE_BFF_URL: `${bffs.url}/mobile` })
  orders = verifier({ issuers, audience: 'urn:orders', serviceSecret })
})

afterAll(async () => {
  await bffs[Symbol.asyncDispose]()
})

const missing = {
  status: 401,
  code: 'token-missing',
  options: { headers: { 'www-authenticate': 'Bearer realm="urn:orders"' } },
}
const invalid = {
  status: 401,
  code: 'token-invalid',
  options: { headers: { 'www-authenticate': 'Bearer realm="urn:orders", error="invalid_token"' } },
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A token as an identity provider issues it to users and apps. */
function publicToken(typ: string, claims: object): string {
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: 'https://id.example', aud: 'urn:orders', sub: 'cus_ada', iat: now, exp: now + 300, ...claims }
  const input = [{ alg: 'RS256', typ, kid: 'one' }, all]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')}`
}

describe('a user', () => {
  it.each([
    ['web-bff', web],
    ['mobile-bff', mobile],
  ])('is known by the word of %s', async (_, { mint }) => {
    expect(await orders('user', `Bearer ${mint('urn:orders', ada)}`)).toEqual({ id: 'cus_ada' })
    expect(await orders('user', `bearer ${mint('urn:orders', signedInAs('cus_grace'))}`)).toEqual({ id: 'cus_grace' })
  })

  it('is not known without a token', async () => {
    await expect(orders('user', undefined)).rejects.toMatchObject(missing)
    await expect(orders('user', 'Basic YWRh')).rejects.toMatchObject(missing)
  })

  it.each<[string, () => string]>([
    ['for another service', () => web.mint('urn:catalog', ada)],
    ['of a program that nobody named', () => stranger.mint('urn:orders', ada)],
    ['about a program', () => web.mint('urn:orders')],
    ['of the services among themselves', () => serviceSecret],
    ['that was changed', () => `${web.mint('urn:orders', ada)}x`],
    ['that is none', () => 'nonsense'],
    ['that is an access token for the public', () => publicToken('at+jwt', {})],
    ['that is an ID token', () => publicToken('JWT', { aud: 'web', nonce: 'n' })],
    ['that claims to be of a BFF', () => publicToken('internal+jwt', { iss: 'urn:web-bff', act: { sub: 'web-bff' } })],
    ['with its type changed', () => retyped(web.mint('urn:orders', ada), 'at+jwt')],
    ['with its issuer changed', () => reissued(web.mint('urn:orders', ada), 'urn:mobile-bff')],
  ])('S-8: is not known by a token %s', async (_, make) => {
    await expect(orders('user', `Bearer ${make()}`)).rejects.toMatchObject(invalid)
  })

  it('S-8: a token for one service opens no other', async () => {
    const token = web.mint('urn:orders', ada)
    const customers = verifier({ issuers, audience: 'urn:customers', serviceSecret })
    expect(await orders('user', `Bearer ${token}`)).toEqual({ id: 'cus_ada' })
    await expect(customers('user', `Bearer ${token}`)).rejects.toMatchObject({ status: 401, code: 'token-invalid' })
  })

  it('is not known a minute and a half later', async () => {
    const late = verifier({ issuers, audience: 'urn:orders', serviceSecret, clock: () => Date.now() + 91_000 })
    await expect(late('user', `Bearer ${web.mint('urn:orders', ada)}`)).rejects.toMatchObject(invalid)
  })
})

it('a program that is there for itself is known by its token or the secret, and never by what is about a user', async () => {
  expect(await orders('service', `Bearer ${serviceSecret}`)).toEqual({ id: 'service' })
  expect(await orders('service', `Bearer ${mobile.mint('urn:orders')}`)).toEqual({ id: 'mobile-bff' })
  await expect(orders('service', undefined)).rejects.toMatchObject(missing)
  for (const bad of [web.mint('urn:orders', ada), web.mint('urn:catalog'), serviceSecret.slice(1), `${serviceSecret}x`])
    await expect(orders('service', `Bearer ${bad}`)).rejects.toMatchObject(invalid)
})

it('says that it cannot say when a BFF is away, and knows the users of the other', async () => {
  const away = verifier({
    issuers: { ...issuers, 'urn:web-bff': `http://127.0.0.1:1${keySetPath}` },
    audience: 'urn:orders',
    serviceSecret,
  })
  await expect(away('user', `Bearer ${web.mint('urn:orders', ada)}`)).rejects.toMatchObject({
    status: 503,
    code: 'identity-unavailable',
    options: { headers: { 'retry-after': '1' } },
  })
  expect(await away('user', `Bearer ${mobile.mint('urn:orders', ada)}`)).toEqual({ id: 'cus_ada' })
})

/** The same signature with another header or other claims. */
const rewritten = (token: string, part: 0 | 1, change: object): string => {
  const parts = token.split('.')
  const said = JSON.parse(Buffer.from(parts[part]!, 'base64url').toString()) as object
  parts[part] = Buffer.from(JSON.stringify({ ...said, ...change })).toString('base64url')
  return parts.join('.')
}
const retyped = (token: string, typ: string): string => rewritten(token, 0, { typ })
const reissued = (token: string, iss: string): string => rewritten(token, 1, { iss })
