import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { tokenVerifier } from '@bff/gateway-core/token'
import type { Ended, Identity } from '../src/app.ts'
import { Browser } from './browser.ts'
import { clientsOf, decode, failure, startIdentity, type Tokens, web } from './shop.ts'

const day = 86_400_000

/** One with a grace and one without. */
let graceful: Identity
let strict: Identity
let clients: ReturnType<typeof clientsOf>
let strictly: ReturnType<typeof clientsOf>
const ended: Ended[] = []

beforeAll(async () => {
  const onEnded = (one: Ended) => void ended.push(one)
  graceful = await startIdentity({ onEnded })
  strict = await startIdentity({ onEnded, refreshGrace: 0 })
  clients = clientsOf(`http://localhost:${graceful.port}`)
  strictly = clientsOf(`http://localhost:${strict.port}`)
})
afterEach(() => {
  jest.restoreAllMocks()
  ended.length = 0
})
afterAll(() => Promise.all([graceful[Symbol.asyncDispose](), strict[Symbol.asyncDispose]()]))

/** Advances the only clock. */
function wait(milliseconds: number): void {
  const now = Date.now.bind(Date)
  jest.spyOn(Date, 'now').mockImplementation(() => now() + milliseconds)
}

const jtiOf = (tokens: Tokens) => decode(tokens['access_token']!)[1]!['jti']
const signIn = async (at = clients) => {
  const tokens = await at.signIn('mobile', new Browser())
  return { tokens, token: tokens['refresh_token']! }
}
const refresh = async (token: string, at = clients): Promise<Tokens> => {
  const answer = await at.refresh('mobile', token)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}
const dead = [400, 'invalid_grant']

describe('a refresh token', () => {
  it('B-23: works once, for another one and a token for the shop', async () => {
    for (const client of ['mobile', 'web'] as const) {
      const first = await clients.signIn(client, new Browser())
      const second = (await (await clients.refresh(client, first['refresh_token']!)).json()) as Tokens
      expect(second['refresh_token']).not.toBe(first['refresh_token'])
      expect(decode(second['access_token']!)[1]).toMatchObject({ sub: 'cus_ada', aud: 'urn:shop', scope: 'shop' })
      expect((await clients.refresh(client, second['refresh_token']!)).status).toBe(200)
    }
  })

  it('J-13: used by 100 at once, is used once: all get one pair', async () => {
    const { token } = await signIn()
    const answers = await Promise.all(Array.from({ length: 100 }, () => refresh(token)))
    const [first] = answers
    for (const answer of answers) expect(answer).toEqual(first)
    expect(await refresh(first!['refresh_token']!)).not.toEqual(first)
    expect(ended).toEqual([])
  })

  it('J-13: used by 100 at once without grace, works for one of them, and the sign-in is over', async () => {
    const { token } = await signIn(strictly)
    const answers = await Promise.all(Array.from({ length: 100 }, () => strictly.refresh('mobile', token)))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
    const { refresh_token: won } = (await answers.find(({ ok }) => ok)!.json()) as Tokens
    for (const answer of answers.filter(({ ok }) => !ok)) expect(await failure(answer)).toEqual(dead)
    expect(await failure(await strictly.refresh('mobile', won!))).toEqual(dead)
  })

  it('J-13: used again within the grace gets the same pair, until that was used', async () => {
    const { token } = await signIn()
    const second = await refresh(token)
    wait(4_000)
    expect(await refresh(token)).toEqual(second)
    const third = await refresh(second['refresh_token']!)
    expect(await failure(await clients.refresh('mobile', token))).toEqual(dead)
    expect(await failure(await clients.refresh('mobile', third['refresh_token']!))).toEqual(dead)
  })

  it('J-13: used again for something else gets nothing, grace or not', async () => {
    const { token } = await signIn()
    await refresh(token)
    const less = { grant_type: 'refresh_token', refresh_token: token, scope: 'openid' }
    expect(await failure(await clients.post('/token', 'mobile', less))).toEqual(dead)
  })

  it('S-15, J-13: used again after the grace ends its sign-in, no other, and tells which access tokens that concerns', async () => {
    const browser = new Browser()
    const [stolen, other] = [await clients.signIn('mobile', browser), await clients.signIn('mobile', browser)]
    const second = await refresh(stolen['refresh_token']!)
    wait(5_000)
    expect(await failure(await clients.refresh('mobile', stolen['refresh_token']!))).toEqual(dead)
    expect(await failure(await clients.refresh('mobile', second['refresh_token']!))).toEqual(dead)
    expect(ended).toEqual([
      {
        by: 'token',
        clientId: 'mobile',
        grantId: decode(stolen['access_token']!)[1]!['sid'],
        accessTokens: [jtiOf(stolen), jtiOf(second)],
      },
    ])
    await refresh(other['refresh_token']!)
  })

  it('S-15: used again a day later tells of no access token, for none is left', async () => {
    const { token } = await signIn()
    await refresh(token)
    wait(day)
    expect(await failure(await clients.refresh('mobile', token))).toEqual(dead)
    expect(ended).toMatchObject([{ by: 'token', accessTokens: [] }])
  })

  it('J-13: is of no use to another client, in the grace or after', async () => {
    const { token } = await signIn()
    expect(await failure(await clients.refresh('web', token))).toEqual(dead)
    const { refresh_token: next } = await refresh(token)
    expect(await failure(await clients.refresh('web', token))).toEqual(dead)
    expect(ended).toEqual([])
    await refresh(next!)
  })

  it('J-13, S-16: is of no use once revoked, in the grace or after', async () => {
    const { tokens, token } = await signIn()
    await clients.post('/token/revocation', 'web', { token })
    const next = await refresh(token)
    const revoked = await clients.post('/token/revocation', 'mobile', { token: next['refresh_token']! })
    expect(revoked.status).toBe(200)
    expect(await failure(await clients.refresh('mobile', next['refresh_token']!))).toEqual(dead)
    expect(await failure(await clients.refresh('mobile', token))).toEqual(dead)
    expect(ended).toMatchObject([{ by: 'revocation', clientId: 'mobile', accessTokens: [jtiOf(tokens), jtiOf(next)] }])
  })

  it('S-16: ends when its person signs out, for the client that lives by the browser', async () => {
    const browser = new Browser()
    const { refresh_token: token } = await clients.signIn('web', browser, { prompt: 'consent' })
    const page = await browser.follow(`http://localhost:${graceful.port}/session/end`)
    await browser.submit(page, { logout: 'yes' })
    expect(await failure(await clients.refresh('web', token!))).toEqual(dead)
    expect(ended).toMatchObject([{ by: 'end_session_confirm', clientId: 'web' }])
  })

  it('B-24, S-16: expires when nobody uses it for three days', async () => {
    const { token } = await signIn()
    wait(3 * day - 60_000)
    const { refresh_token: next } = await refresh(token)
    jest.restoreAllMocks()
    wait(6 * day)
    expect(await failure(await clients.refresh('mobile', next!))).toEqual(dead)
  })

  it('B-24: never outlives the first by more than that one had: after 14 days someone has to sign in', async () => {
    let { token } = await signIn()
    for (const days of [2, 4, 6, 8, 10, 12, 13.9]) {
      jest.restoreAllMocks()
      wait(days * day)
      token = (await refresh(token))['refresh_token']!
    }
    jest.restoreAllMocks()
    wait(14 * day)
    expect(await failure(await clients.refresh('mobile', token))).toEqual(dead)
  })

  it('keeps saying who signed in, when and how, in access tokens that verify', async () => {
    const issuer = `http://localhost:${graceful.port}`
    const { tokens, token } = await signIn()
    const verify = tokenVerifier({ issuer, audience: 'urn:shop' })
    const first = await verify(tokens['access_token']!)
    const second = await verify((await refresh(token))['access_token']!)
    const same = ({ sub, sid, auth_time, acr, amr, client_id, scope }: typeof first) =>
      ({ sub, sid, auth_time, acr, amr, client_id, scope }) as const
    expect(same(second)).toEqual(same(first))
    expect(second['jti']).not.toBe(first['jti'])
  })
})

describe('an authorization code', () => {
  it('D-01: used twice at once works once, and ends what came of it', async () => {
    const browser = new Browser()
    const page = await browser.follow(clients.authorization('mobile'))
    const answer = await browser.submit(page, { login: 'ada@shop.example', password: 'lovelace-1815' })
    const both = await Promise.all([clients.redeem('mobile', answer), clients.redeem('mobile', answer)])
    expect(both.filter(({ ok }) => ok)).toHaveLength(1)
    expect(await failure(both.find(({ ok }) => !ok)!)).toEqual(dead)
    const won = (await both.find(({ ok }) => ok)!.json()) as Tokens
    expect(await failure(await clients.refresh('mobile', won['refresh_token']!))).toEqual(dead)
    expect(ended).toMatchObject([{ by: 'token', clientId: 'mobile', accessTokens: [jtiOf(won)] }])
  })

  it('D-01: of one client is of no use to the other', async () => {
    const browser = new Browser()
    const page = await browser.follow(clients.authorization('mobile'))
    const answer = await browser.submit(page, { login: 'ada@shop.example', password: 'lovelace-1815' })
    const redirect_uri = `${web}/bff/callback`
    expect(await failure(await clients.redeem('web', answer, { redirect_uri }))).toEqual(dead)
  })
})
