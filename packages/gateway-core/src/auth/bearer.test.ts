import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../../test/exchange.ts'
import { AUDIENCE, claims, ISSUER, issuer, NOW, token } from '../../test/issuer.ts'
import { bearer } from './bearer.ts'

function setUp() {
  const time = { now: NOW }
  const source = issuer()
  const authenticate = bearer({ issuer: ISSUER, audience: AUDIENCE, clock: () => time.now, fetch: source.fetch })
  return { time, source, ask: (authorization?: string) => authenticate(exchangeOf({ headers: { authorization } })) }
}

describe('bearer', () => {
  it('tells who is calling', async () => {
    const value = token(claims())
    const { user, ...more } = await setUp().ask(`Bearer ${value}`)
    expect(user).toEqual({ id: 'someone', scopes: new Set(['read', 'write']), claims: claims() })
    // What proved it goes no further than this.
    expect(JSON.stringify([user, more])).not.toContain(value)
  })

  it.each([undefined, '', 'Bearer', 'Basic YTpi', 'DPoP abc', `Bearer\t${token(claims())}`])(
    'takes %p for no token, and names no error',
    async (authorization) => {
      await expect(setUp().ask(authorization)).rejects.toMatchObject({
        status: 401,
        code: 'token-missing',
        options: { headers: { 'www-authenticate': `Bearer realm="${AUDIENCE}"` } },
      })
    },
  )

  it.each([
    'Bearer nonsense',
    `Bearer ${token(claims({ aud: 'urn:other' }))}`,
    `Bearer ${token(claims())}, Bearer ${token(claims())}`,
    `Bearer ${token(claims())} trailing`,
  ])('refuses %.30s…', async (authorization) => {
    await expect(setUp().ask(authorization)).rejects.toMatchObject({
      status: 401,
      code: 'token-invalid',
      options: { headers: { 'www-authenticate': expect.stringContaining('error="invalid_token"') } },
    })
  })

  it('never reads a cookie', async () => {
    const { source } = setUp()
    const authenticate = bearer({ issuer: ISSUER, audience: AUDIENCE, clock: () => NOW, fetch: source.fetch })
    const exchange = exchangeOf({ headers: { cookie: `__Host-sid=${token(claims())}` } })
    await expect(authenticate(exchange)).rejects.toMatchObject({ code: 'token-missing' })
  })

  it('knows a verified token until it expires, and not after', async () => {
    const { time, source, ask } = setUp()
    const authorization = `bearer ${token(claims({ exp: NOW / 1000 + 60 }))}`
    const first = await ask(authorization)
    expect(await ask(authorization)).toBe(first)
    source.down = true
    expect(await ask(authorization)).toBe(first)
    time.now += 90_000
    await expect(ask(authorization)).rejects.toMatchObject({ code: 'token-invalid' })
  })

  it('signs nobody out because the issuer is down', async () => {
    const { source, ask } = setUp()
    source.down = true
    await expect(ask(`Bearer ${token(claims())}`)).rejects.toMatchObject({
      status: 503,
      code: 'identity-unavailable',
      options: { headers: { 'retry-after': '2' } },
    })
  })
})
