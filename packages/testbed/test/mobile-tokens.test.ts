import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mobileClient } from '@bff/mobile'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { dpopKey, proving } from '@bff/mobile/dpop'
import { type Ending, keep } from '@bff/mobile/keep'
import { discover, signIn } from '@bff/mobile/sign-in'
import { type Issuer, refreshTokens, type Tokens } from '@bff/mobile/tokens'
import { people, type Shop, startShop } from '../src/shop.ts'

let shop: Shop
let provider: Issuer

beforeAll(async () => {
  shop = await startShop()
  provider = await discover(shop.issuer)
})
afterAll(async () => shop[Symbol.asyncDispose]())

/** Ada in the app, her access token already expired. */
async function open() {
  const tokens = await signIn(shop.issuer, demoBrowser(people.ada))
  const endings: Ending[] = []
  const kept = keep({ ...tokens, expiresAt: Date.now() - 1 }, { provider, onSignedOut: (why) => endings.push(why) })
  return { ...kept, tokens, endings, client: mobileClient({ baseUrl: shop.mobile, as: kept.as }) }
}

const claimsOf = ({ accessToken }: Tokens) =>
  JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as Readonly<Record<string, unknown>>

describe('the app, its BFF and the issuer', () => {
  it('go on over the end of an access token, with one refresh for all', async () => {
    const { client, endings } = await open()
    await Promise.all(Array.from({ length: 10 }, () => client('GET /m/v1/cart')))
    expect(endings).toEqual([])
  })

  it('J-13: survive an answer that is lost on its way', async () => {
    const tokens = await signIn(shop.issuer, demoBrowser(people.ada))
    let answers = 0
    const lossy: typeof fetch = async (...request) => {
      const answer = await fetch(...request)
      answers += 1
      if (answers === 1) throw new TypeError('the tunnel began')
      return answer
    }
    const next = await refreshTokens(provider, tokens.refreshToken!, { fetch: lossy })
    expect(answers).toBe(2)
    expect((await refreshTokens(provider, next.refreshToken!)).accessToken).toEqual(expect.any(String))
  })

  it('S-15: sign the person out, and say why, when somebody else has used the token', async () => {
    const { client, tokens, endings } = await open()
    const stolen = await refreshTokens(provider, tokens.refreshToken!)
    await refreshTokens(provider, stolen.refreshToken!)
    await expect(client('GET /m/v1/cart')).rejects.toMatchObject({ status: 401, code: 'signed-out' })
    expect(endings).toEqual(['revoked'])
  })

  it('S-16: end the sign-in when the person signs out', async () => {
    const { client, signOut, tokens } = await open()
    await client('GET /m/v1/cart')
    await signOut()
    await expect(refreshTokens(provider, tokens.refreshToken!)).rejects.toMatchObject({ code: 'invalid_grant' })
    await expect(client('GET /m/v1/cart')).rejects.toMatchObject({ status: 401 })
  })

  it('B-23: bind tokens to the key of an install, for whoever wants that', async () => {
    const bound = { fetch: proving(await dpopKey()) }
    const tokens = await signIn(shop.issuer, demoBrowser(people.ada), bound)
    expect(claimsOf(tokens)['cnf']).toEqual({ jkt: expect.any(String) })
    await expect(refreshTokens(provider, tokens.refreshToken!)).rejects.toMatchObject({ code: 'invalid_grant' })
    const other = { fetch: proving(await dpopKey()) }
    await expect(refreshTokens(provider, tokens.refreshToken!, other)).rejects.toThrow()
    const next = await refreshTokens(provider, tokens.refreshToken!, bound)
    expect(claimsOf(next)['cnf']).toEqual(claimsOf(tokens)['cnf'])
  })

  it('N-10, N-12: take a bound token with a proof of its key only, and no mere token for a write, where the BFF says so', async () => {
    await using strict = await startShop({ dpop: 'required-on-writes' })
    const bound = proving(await dpopKey())
    const tokens = await signIn(strict.issuer, demoBrowser(people.ada), { fetch: bound })
    const put = { method: 'PUT', body: '{"quantity":1}', headers: { 'content-type': 'application/json' } }
    const { cards } = (await (await fetch(`${strict.mobile}/m/v1/home`)).json()) as { cards: [{ id: string }] }
    const [lamp] = cards
    const ask = async (how: typeof fetch, { accessToken }: Tokens, init: RequestInit = {}) => {
      const headers = { ...(init.headers as object), authorization: `Bearer ${accessToken}` }
      const path = init.method === 'PUT' ? `/m/v1/cart/items/${lamp.id}` : '/m/v1/cart'
      const answer = await how(strict.mobile + path, { ...init, headers })
      return [answer.status, ((await answer.json()) as { code?: string }).code]
    }
    // The first proof has no nonce; the client learns it from the refusal and retries.
    expect((await ask(bound, tokens))[0]).toBe(200)
    expect(await ask(bound, tokens, put)).toEqual([200, undefined])
    expect(await ask(fetch, tokens)).toEqual([401, 'token-invalid'])
    expect((await ask(proving(await dpopKey()), tokens))[0]).toBe(401)
    const mere = await signIn(strict.issuer, demoBrowser(people.ada))
    expect((await ask(fetch, mere))[0]).toBe(200)
    expect((await ask(fetch, mere, put))[0]).toBe(401)
  })

  it('N-15: ask for the password again, and say in the token that they did', async () => {
    const acrValues = 'urn:shop:acr:password-again'
    const tokens = await signIn(shop.issuer, demoBrowser(people.ada), { stepUp: { acrValues, maxAge: 0 } })
    expect(claimsOf(tokens)).toMatchObject({ acr: acrValues, amr: ['pwd'], auth_time: expect.any(Number) })
  })
})
