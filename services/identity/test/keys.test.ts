import { describe, expect, it } from '@jest/globals'
import { tokenVerifier } from '@bff/gateway-core/token'
import { Browser } from './browser.ts'
import { clientsOf, decode, startIdentity, type Tokens } from './shop.ts'

async function setUp() {
  const identity = await startIdentity()
  const issuer = `http://localhost:${identity.port}`
  const published = async () => {
    const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: { kid: string }[] }
    return keys.map(({ kid }) => kid)
  }
  return {
    identity,
    issuer,
    clients: clientsOf(issuer),
    published,
    [Symbol.asyncDispose]: identity[Symbol.asyncDispose],
  }
}

const signedBy = (token: string) => decode(token)[0]!['kid']

describe('a turn of the keys', () => {
  it('signs with what was published before, and goes on publishing what did', async () => {
    await using t = await setUp()
    const [first, second, ...none] = await t.published()
    expect(none).toEqual([])
    const token = async () => (await t.clients.signIn('mobile', new Browser()))['access_token']!
    expect(signedBy(await token())).toBe(first)
    await t.identity.rotateKeys()
    const [now, next, before, ...others] = await t.published()
    expect([now, before, others]).toEqual([second, first, []])
    expect([first, second]).not.toContain(next)
    expect(signedBy(await token())).toBe(second)
  })

  it('is noticed by nobody: sign-ins begun go on, refresh tokens work, tokens verify without one more look', async () => {
    await using t = await setUp()
    let looks = 0
    const fetch: typeof globalThis.fetch = (...request) => {
      looks += 1
      return globalThis.fetch(...request)
    }
    const verify = tokenVerifier({ issuer: t.issuer, audience: 'urn:shop', fetch })
    const old = await t.clients.signIn('mobile', new Browser())
    await verify(old['access_token']!)
    const before = looks
    const another = new Browser()
    const begun = await another.follow(t.clients.authorization('web'))
    await t.identity.rotateKeys()
    const answer = await another.submit(begun, { login: 'ada@shop.example', password: 'lovelace-1815' })
    const web = (await (await t.clients.redeem('web', answer)).json()) as Tokens
    const refreshed = (await (await t.clients.refresh('mobile', old['refresh_token']!)).json()) as Tokens
    for (const { access_token: token } of [old, web, refreshed]) {
      expect(await verify(token!)).toMatchObject({ sub: 'cus_ada' })
    }
    expect(signedBy(refreshed['access_token']!)).not.toBe(signedBy(old['access_token']!))
    expect(looks).toBe(before)
  })

  it('loses no request that is under way', async () => {
    await using t = await setUp()
    const signIns = Array.from({ length: 10 }, () => t.clients.signIn('mobile', new Browser()))
    await t.identity.rotateKeys()
    const verify = tokenVerifier({ issuer: t.issuer, audience: 'urn:shop' })
    for (const { access_token: token } of await Promise.all(signIns)) await verify(token!)
  })

  it('can be had by who develops, and by nobody in production', async () => {
    await using t = await setUp()
    await using production = await startIdentity({ faults: false })
    const [, next] = await t.published()
    expect((await fetch(`${t.issuer}/__keys`, { method: 'POST' })).status).toBe(204)
    expect((await t.published())[0]).toBe(next)
    expect((await fetch(`http://localhost:${production.port}/__keys`, { method: 'POST' })).status).toBe(404)
  })
})
