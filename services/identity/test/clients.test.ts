import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Identity } from '../src/app.ts'
import { acr } from '../src/proof.ts'
import { Browser } from './browser.ts'
import { clientsOf, decode, failure, logIn, startIdentity, type Tokens, web } from './shop.ts'
import { ecKey, proof, thumbprint } from './sign.ts'
import { verified } from './verified.ts'

let identity: Identity
let issuer: string
let clients: ReturnType<typeof clientsOf>

beforeAll(async () => {
  identity = await startIdentity()
  issuer = `http://localhost:${identity.port}`
  clients = clientsOf(issuer)
})
afterAll(async () => identity[Symbol.asyncDispose]())

const metadata = async () =>
  (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<string, unknown>
const errorOf = ({ url }: { url: string }) => new URL(url.replace('#', '?')).searchParams.get('error')
const tokensOf = async (answer: Response) => {
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

describe('what anybody may ask of it', () => {
  it('S-6: is S256 and nothing else', async () => {
    expect(await metadata()).toMatchObject({ code_challenge_methods_supported: ['S256'] })
  })

  it.each(['password', 'implicit', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'])(
    'S-10: is no grant of type %s',
    async (grant_type) => {
      expect((await metadata())['grant_types_supported']).toEqual(['authorization_code', 'refresh_token'])
      const fields = { grant_type, username: 'ada@shop.example', password: 'lovelace-1815', scope: 'shop' }
      for (const client of ['web', 'mobile'] as const) {
        expect(await failure(await clients.post('/token', client, fields))).toEqual([400, 'unsupported_grant_type'])
      }
    },
  )

  it.each(['token', 'id_token', 'code token', 'id_token token', 'none'])(
    'S-10: is no response of type %s',
    async (response_type) => {
      const page = await new Browser().follow(clients.authorization('web', { response_type, nonce: 'n' }))
      expect(errorOf(page)).toBe('unsupported_response_type')
    },
  )

  it('S-12: is not the authorization endpoint by a script of another origin', async () => {
    for (const origin of ['https://evil.example', web, 'null']) {
      for (const method of ['GET', 'OPTIONS']) {
        const asked = await fetch(clients.authorization('web'), { method, headers: { origin }, redirect: 'manual' })
        const allowed = [...asked.headers.keys()].filter((name) => name.startsWith('access-control-'))
        expect(allowed).toEqual([])
      }
    }
  })

  it('S-1: is no redirect but to what is registered, whatever the error is', async () => {
    for (const more of [{ scope: 'nothing' }, { response_type: 'token' }, { code_challenge: undefined }]) {
      const redirect_uri = 'https://evil.example/bff/callback'
      const page = await new Browser().follow(clients.authorization('web', { ...more, redirect_uri }))
      expect([page.status, new URL(page.url).origin]).toEqual([400, issuer])
    }
  })

  it('says nothing that could be markup', async () => {
    const script = '<script>alert(1)</script>'
    for (const more of [{ redirect_uri: script }, { client_id: script }, { resource: script, redirect_uri: 'x' }]) {
      const page = await new Browser().follow(clients.authorization('web', more))
      expect([page.status, page.text.includes(script)]).toEqual([400, false])
    }
  })
})

describe('a redirect', () => {
  it.each([
    'http://127.0.0.1:50123/callback',
    'http://127.0.0.1:1/callback',
    'http://[::1]:50123/callback',
    'shop.example.app:/callback',
  ])('N-4: to %s is for the app', async (redirect_uri) => {
    const browser = new Browser()
    const page = await browser.follow(clients.authorization('mobile', { redirect_uri }))
    const answer = await logIn(browser, page)
    expect(answer.url.startsWith(`${redirect_uri}?code=`)).toBe(true)
    expect((await clients.redeem('mobile', answer, { redirect_uri })).status).toBe(200)
  })

  it.each([
    'http://localhost:50123/callback',
    'http://127.0.0.2:50123/callback',
    'http://[::2]:50123/callback',
    'http://127.0.0.1:50123/callback/',
    'http://127.0.0.1:50123/callback?x=1',
    'http://127.0.0.1:50123/Callback',
    'http://127.0.0.1:50123/%63allback',
    'https://127.0.0.1:50123/callback',
    'http://127.0.0.1:50123@evil.example/callback',
    'http://127.1:50123/callback',
    'shop.example.app://callback',
    'shop.example.apps:/callback',
    'app:/callback',
  ])('S-1, N-4: to %s is for nobody', async (redirect_uri) => {
    const page = await new Browser().follow(clients.authorization('mobile', { redirect_uri }))
    expect([page.status, new URL(page.url).origin]).toEqual([400, issuer])
  })

  it('N-4: has the port of the request when the code is redeemed', async () => {
    const browser = new Browser()
    const answer = await logIn(browser, await browser.follow(clients.authorization('mobile')))
    const other = { redirect_uri: 'http://127.0.0.1:50124/callback' }
    expect(await failure(await clients.redeem('mobile', answer, other))).toEqual([400, 'invalid_grant'])
  })

  it('S-13: with a code, and after a password, is a 303 all the way', async () => {
    const browser = new Browser()
    const page = await browser.follow(clients.authorization('web'))
    const body = new URLSearchParams({ login: 'ada@shop.example', password: 'lovelace-1815' })
    let answer = await browser.open(page.url, { method: 'POST', body })
    const statuses = [answer.status]
    while (!answer.headers.get('location')!.startsWith(web)) {
      answer = await browser.open(new URL(answer.headers.get('location')!, issuer).href)
      statuses.push(answer.status)
    }
    expect(new Set(statuses)).toEqual(new Set([303]))
    expect(answer.headers.get('location')).toContain('code=')
  })
})

describe('the code challenge', () => {
  it('S-5: cannot be left out to be made up later', async () => {
    const none = { code_challenge: undefined, code_challenge_method: undefined }
    for (const client of ['web', 'mobile'] as const) {
      const page = await new Browser().follow(clients.authorization(client, none))
      expect([errorOf(page), new URL(page.url).searchParams.get('code')]).toEqual(['invalid_request', null])
    }
  })

  it('S-5, D-01: holds: a code without its verifier, or with another one, is nothing', async () => {
    for (const code_verifier of ['', 'another-verifier-that-is-long-enough-for-RFC-7636']) {
      const browser = new Browser()
      const answer = await logIn(browser, await browser.follow(clients.authorization('mobile')))
      expect(await failure(await clients.redeem('mobile', answer, { code_verifier }))).toEqual([400, 'invalid_grant'])
    }
  })
})

describe('the app', () => {
  it('N-2, N-5: proves nothing by a secret that it ships with: its verifier counts, with one or without', async () => {
    const shipped = { client_secret: 'shipped-with-the-app' }
    const begin = async () => {
      const browser = new Browser()
      return logIn(browser, await browser.follow(clients.authorization('mobile')))
    }
    const guessed = { ...shipped, code_verifier: 'another-verifier-that-is-long-enough-for-RFC-7636' }
    expect(await failure(await clients.redeem('mobile', await begin(), guessed))).toEqual([400, 'invalid_grant'])
    expect((await clients.redeem('mobile', await begin(), shipped)).status).toBe(200)
    const basic = { authorization: `Basic ${btoa('mobile:shipped-with-the-app')}` }
    const refused = await clients.redeem('mobile', await begin(), {}, undefined, basic)
    expect(refused.status).toBeGreaterThanOrEqual(400)
  })

  it('N-6: is never signed in without a person, by whichever redirect', async () => {
    const browser = new Browser()
    await clients.signIn('mobile', browser)
    for (const redirect_uri of ['http://127.0.0.1:50123/callback', 'shop.example.app:/callback']) {
      const page = await browser.follow(clients.authorization('mobile', { redirect_uri, prompt: undefined }))
      expect(page.text).toContain('<h1>Sign in</h1>')
      const silent = await browser.follow(clients.authorization('mobile', { redirect_uri, prompt: 'none' }))
      expect(errorOf(silent)).toBe('login_required')
    }
  })

  it('may bind its tokens to a key, and then needs it for every refresh (RFC 9449 §5)', async () => {
    const [key, other] = [ecKey(), ecKey()]
    const token = `${issuer}/token`
    const browser = new Browser()
    const answer = await logIn(browser, await browser.follow(clients.authorization('mobile')))
    const tokens = await tokensOf(await clients.redeem('mobile', answer, {}, undefined, { dpop: proof(key, token) }))
    expect(tokens['token_type']).toBe('DPoP')
    expect(decode(tokens['access_token']!)[1]!['cnf']).toEqual({ jkt: thumbprint(key) })

    const old = tokens['refresh_token']!
    expect(await failure(await clients.refresh('mobile', old))).toEqual([400, 'invalid_grant'])
    expect((await clients.refresh('mobile', old, { dpop: proof(other, token) })).status).toBe(400)
    const next = await tokensOf(await clients.refresh('mobile', old, { dpop: proof(key, token) }))
    // The grace requires the same key.
    expect((await clients.refresh('mobile', old, { dpop: proof(other, token) })).status).toBe(400)
    expect(await tokensOf(await clients.refresh('mobile', old, { dpop: proof(key, token) }))).toEqual(next)
    const used = proof(key, token)
    const last = await tokensOf(await clients.refresh('mobile', next['refresh_token']!, { dpop: used }))
    expect((await clients.refresh('mobile', last['refresh_token']!, { dpop: used })).status).toBe(400)
  })
})

describe('web-bff', () => {
  const pushed = async (at: ReturnType<typeof clientsOf>, more: Readonly<Record<string, string>> = {}) => {
    const { searchParams } = new URL(at.authorization('web'))
    return at.post('/request', 'web', { ...Object.fromEntries(searchParams), ...more })
  }

  it('may push its request, which then works once (RFC 9126)', async () => {
    const answer = await pushed(clients)
    expect(answer.status).toBe(201)
    const { request_uri } = (await answer.json()) as Tokens
    const browser = new Browser()
    const address = `${issuer}/auth?${new URLSearchParams({ client_id: 'web', request_uri: request_uri! })}`
    const back = await logIn(browser, await browser.follow(address))
    expect(new URL(back.url).searchParams.get('iss')).toBe(issuer)
    expect((await clients.redeem('web', back)).status).toBe(200)
    const again = await browser.follow(address)
    expect([errorOf(again), new URL(again.url).searchParams.get('code')]).toEqual(['invalid_request_uri', null])
  })

  it('is told at once what is wrong with a request that it pushes', async () => {
    const redirect_uri = 'https://evil.example/'
    expect(await failure(await pushed(clients, { redirect_uri }))).toEqual([400, 'invalid_request'])
    expect(await failure(await clients.post('/request', 'web', {}, 'another-secret'))).toEqual([401, 'invalid_client'])
  })
})

describe('how a person proved who they are', () => {
  const claimsOf = async (tokens: Tokens) => ({
    id: await verified(tokens['id_token']!, issuer),
    access: await verified(tokens['access_token']!, issuer),
  })

  it('is in both tokens, with the time, and RFC 9068 has all it wants', async () => {
    const before = Math.floor(Date.now() / 1_000)
    for (const client of ['web', 'mobile'] as const) {
      const { id, access } = await claimsOf(await clients.signIn(client, new Browser()))
      const how = { auth_time: expect.any(Number), acr: acr.password, amr: ['pwd'], sid: expect.any(String) }
      expect(id).toMatchObject({ iss: issuer, sub: 'cus_ada', aud: client, ...how })
      expect(access).toMatchObject({
        iss: issuer,
        sub: 'cus_ada',
        aud: 'urn:shop',
        client_id: client,
        jti: expect.any(String),
        iat: expect.any(Number),
        exp: expect.any(Number),
        scope: 'shop',
        ...how,
      })
      expect(Number(access['auth_time'])).toBeGreaterThanOrEqual(before)
    }
  })

  it.each([
    ['its prompt says so', { prompt: 'login' }],
    ['it wants the password for itself', { acr_values: acr.again }],
    ['it wants that first of all', { acr_values: `${acr.again} ${acr.password}` }],
    ['it wants a younger proof', { max_age: '0' }],
  ])('is asked again of who is signed in when %s', async (_case, more) => {
    const browser = new Browser()
    const first = await clients.signIn('web', browser)
    const started = await browser.follow(clients.authorization('web'))
    expect(started.url).toContain('code=')
    // `auth_time` has whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    const page = await browser.follow(clients.authorization('web', more))
    expect(page.text).toContain('Ada Lovelace, enter your password again to continue to Lagom')
    expect(page.text).toContain('value="ada@shop.example"')
    const silent = await browser.follow(clients.authorization('web', { ...more, prompt: 'none' }))
    if (!('prompt' in more)) {
      expect(['login_required', 'unmet_authentication_requirements']).toContain(errorOf(silent))
    }
    const again = await browser.follow(clients.authorization('web', more))
    const tokens = await tokensOf(await clients.redeem('web', await logIn(browser, again)))
    const [old, fresh] = [await claimsOf(first), await claimsOf(tokens)]
    expect(Number(fresh.id['auth_time'])).toBeGreaterThan(Number(old.id['auth_time']))
    expect(fresh.access['auth_time']).toBe(fresh.id['auth_time'])
    expect([fresh.id['acr'], fresh.access['acr']]).toEqual(
      'acr_values' in more ? [acr.again, acr.again] : [acr.password, acr.password],
    )
  })

  it('is not asked again when it was a moment ago, and that will do', async () => {
    const browser = new Browser()
    await clients.signIn('web', browser)
    for (const more of [{ max_age: '300' }, { acr_values: acr.password }]) {
      expect((await browser.follow(clients.authorization('web', more))).url).toContain('code=')
    }
  })
})
