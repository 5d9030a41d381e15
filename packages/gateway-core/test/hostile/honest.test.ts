import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import { browser } from '../browser.ts'
import { elsewhere } from '../elsewhere.ts'
import { CLIENT, seconds } from './provider.ts'
import { isSignedIn, leaked, setUp, type SetUp } from './set-up.ts'

let bff: SetUp

afterEach(async () => {
  await bff[Symbol.asyncDispose]()
})

const asked = (path: string) => bff.idp.asked.filter((one) => one.path === path)
const begin = (query: Record<string, string> = {}, init: RequestInit = {}) =>
  browser().request(`${bff.url}/bff/login?${new URLSearchParams(query)}`, init)
const sentTo = async (query?: Record<string, string>) =>
  Object.fromEntries(new URL((await begin(query)).headers.get('location')!).searchParams)

describe('a login at an honest provider', () => {
  it('B-2, B-3: asks for a code and nothing else, with a challenge, a nonce and a state made for it alone', async () => {
    bff = await setUp({}, { resource: 'urn:api' })
    const [one, other] = [await sentTo(), await sentTo()]
    expect(one).toEqual({
      response_type: 'code',
      client_id: CLIENT.id,
      redirect_uri: `${bff.url}/bff/callback`,
      scope: 'openid profile',
      resource: 'urn:api',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    for (const name of ['state', 'nonce', 'code_challenge']) expect(one[name]).not.toBe(other[name])
  })

  it('B-1, B-3: redeems the code with the secret of the client and the verifier, and with no more', async () => {
    bff = await setUp()
    await bff.signIn()
    const [{ fields, headers }] = asked('/token') as [ReturnType<typeof asked>[number]]
    expect(headers.authorization).toMatch(/^Basic /)
    expect(Object.fromEntries(fields)).toEqual({
      grant_type: 'authorization_code',
      code: expect.any(String),
      redirect_uri: `${bff.url}/bff/callback`,
      code_verifier: expect.stringMatching(/^[\w.~-]{43,128}$/),
    })
  })

  it('S-13, S-17: ends with a 303 that leaves no code behind', async () => {
    bff = await setUp()
    const someone = browser()
    const response = await someone.request(await bff.toCallback(someone, { returnUrl: '/orders?page=2' }))
    expect(response.status).toBe(303)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      location: '/orders?page=2',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'content-length': '0',
    })
    expect(await isSignedIn(bff, someone)).toBe(true)
    expect(leaked(bff, bff.written.join(''))).toEqual([])
    expect(bff.said()).toEqual([])
  })

  it('S-9: proves the client by a key where there is one; assertions are for the issuer, short and each its own', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    bff = await setUp({}, { clientKey: pem })
    bff.idp.clientKey = publicKey.export({ format: 'pem', type: 'spki' }) as string
    bff.idp.pushed = true
    const someone = await bff.signIn()
    bff.ahead = 290_000
    expect((await someone.request(`${bff.url}/api/me`)).status).toBe(200)
    await someone.request(`${bff.url}/bff/logout`, { method: 'POST', headers: { 'x-csrf': '1' } })
    const proofs = ['/par', '/token', '/revoke'].flatMap(asked)
    const assertions = proofs.map(({ fields }) => fields.get('client_assertion')!.split('.'))
    expect(assertions).toHaveLength(4)
    const read = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
    const claims = assertions.map(([, payload]) => read(payload))
    for (const one of claims) {
      expect(one).toMatchObject({ iss: CLIENT.id, sub: CLIENT.id, aud: bff.idp.issuer })
      expect(Number(one['exp']) - Number(one['iat'])).toBeLessThanOrEqual(60)
    }
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(4)
    for (const { headers, fields } of proofs) {
      expect([headers.authorization, fields.get('client_secret')]).toEqual([undefined, null])
    }
  })

  it('pushes what it asks for when it can be pushed; the browser carries a reference alone', async () => {
    bff = await setUp({ metadata: (all) => (all['require_pushed_authorization_requests'] = true) })
    bff.idp.pushed = true
    const someone = browser()
    const response = await someone.request(`${bff.url}/bff/login?max_age=60&acr=otp`)
    expect(Object.fromEntries(new URL(response.headers.get('location')!).searchParams)).toEqual({
      client_id: CLIENT.id,
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:/),
    })
    const [{ fields }] = asked('/par') as [ReturnType<typeof asked>[number]]
    expect(Object.fromEntries(fields)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      max_age: '60',
      acr_values: 'otp',
    })
    await bff.signIn(someone)
  })
})

describe('a step-up', () => {
  it.each(['login', 'none', 'consent', 'select_account'])('may ask for prompt=%s', async (prompt) => {
    bff = await setUp()
    expect(await sentTo({ prompt })).toMatchObject({ prompt })
  })

  it('asks for a recent sign-in of a kind, gets it, and the new session says so', async () => {
    bff = await setUp()
    const someone = await bff.signIn()
    const before = someone.cookies(bff.url).get('__Host-Http-sid')
    const query = { returnUrl: '/checkout', prompt: 'login', max_age: '0', acr: 'otp hardware' }
    await bff.signIn(someone, query)
    expect(Object.fromEntries(asked('/authorize').at(-1)!.fields)).toMatchObject({
      prompt: 'login',
      max_age: '0',
      acr_values: 'otp hardware',
    })
    expect(someone.cookies(bff.url).get('__Host-Http-sid')).not.toBe(before)
  })

  it('that fails leaves the session as it was', async () => {
    bff = await setUp()
    const someone = await bff.signIn()
    bff.idp.lie = { idToken: ({ claims }) => (claims['auth_time'] = seconds() - 3_600) }
    const response = await someone.request(await bff.toCallback(someone, { max_age: '60' }))
    expect(response.status).toBe(400)
    expect(await isSignedIn(bff, someone)).toBe(true)
  })
})

describe('a login is not begun', () => {
  it('S-2: to end elsewhere: 400, and never quietly somewhere else', async () => {
    bff = await setUp()
    for (const returnUrl of elsewhere) {
      const response = await begin({ returnUrl })
      const { code } = (await response.json()) as { code: string }
      expect([returnUrl, response.status, code]).toEqual([returnUrl, 400, 'invalid-return-url'])
      expect([response.headers.getSetCookie(), response.headers.get('location')]).toEqual([[], null])
    }
    expect(bff.idp.asked).toEqual([])
  })

  it.each([
    ['prompt', 'create'],
    ['prompt', 'login consent'],
    ['prompt', ''],
    ['max_age', '-1'],
    ['max_age', '1e3'],
    ['max_age', '9999999'],
    ['acr', ''],
    ['acr', 'a  b'],
    ['acr', 'a\r\nb'],
    ['acr', '"'],
    ['acr', 'x'.repeat(129)],
  ])('with %s=%j', async (name, value) => {
    bff = await setUp()
    const response = await begin({ [name]: value })
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid-login-request' }])
    expect([response.headers.getSetCookie(), bff.idp.asked]).toEqual([[], []])
  })

  it.each([
    ['by a HEAD', { method: 'HEAD' }, 405],
    ['by a POST', { method: 'POST' }, 405],
    ['by a script', { headers: { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' } }, 403],
    ['by a picture', { headers: { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' } }, 403],
    ['in a frame', { headers: { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' } }, 403],
    ['ahead of time', { headers: { 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch;prerender' } }, 403],
  ])('%s', async (_, init, status) => {
    bff = await setUp()
    for (const path of ['login', 'callback?state=x&code=y']) {
      const response = await browser().request(`${bff.url}/bff/${path}`, init)
      expect([response.status, response.headers.getSetCookie(), bff.said()]).toEqual([status, [], []])
    }
    expect(bff.idp.asked).toEqual([])
  })

  it('C-10: by an answer that is posted (response_mode=form_post): it was not asked for', async () => {
    bff = await setUp()
    const someone = browser()
    const callback = new URL(await bff.toCallback(someone))
    const response = await someone.request(`${bff.url}/bff/callback`, { method: 'POST', body: callback.searchParams })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    expect(asked('/token')).toEqual([])
  })
})

describe('C-10: the way back from another site', () => {
  it('is a navigation that carries the cookie of the login, which is Lax', async () => {
    bff = await setUp()
    const response = await begin()
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/; Secure; HttpOnly; SameSite=Lax; /)])
    const someone = browser()
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    expect((await someone.request(await bff.toCallback(someone), { headers })).status).toBe(303)
  })
})

describe('what went wrong, for people', () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

  it.each([
    ['a login that was not begun here', '/bff/callback?state=x&code=y', 400, 'login-expired', '/bff/login'],
    [
      'an address to come back to that is elsewhere',
      '/bff/login?returnUrl=//evil.example',
      400,
      'invalid-return-url',
      '/bff/login',
    ],
    ['a login in a frame', '/bff/login', 403, 'not-a-navigation', '/bff/login'],
  ])('%s is a page without scripts that says so, and where to begin again', async (_, path, status, code, again) => {
    bff = await setUp()
    const headers = { ...html, ...(status === 403 ? { 'sec-fetch-dest': 'iframe' } : {}) }
    const response = await browser().request(`${bff.url}${path}`, { headers })
    const text = await response.text()
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8'])
    expect(text).toContain('<h1>Signing in did not work</h1>')
    expect(text).toContain(`<small>${code} `)
    expect(text).toContain(`<a href="${again}">Sign in again</a>`)
    expect(text).not.toMatch(/<script|evil|\son\w+=|https?:/)
    const policy = response.headers.get('content-security-policy')!
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+='; .*frame-ancestors 'none'$/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  })

  it('D-01: an error with markup is told in our words, with the way back to where one wanted to go', async () => {
    bff = await setUp({
      redirect: (query) => {
        query.set('error', '<script>alert(1)</script>')
        query.set('error_description', '"><img src=x onerror=alert(1)>')
      },
    })
    const someone = browser()
    const callback = await bff.toCallback(someone, {
      returnUrl: '/search?q="><script>&page=2'.replaceAll(/["<>]/g, encodeURIComponent),
    })
    const response = await someone.request(callback, { headers: html })
    const text = await response.text()
    expect(response.status).toBe(401)
    expect(text).not.toMatch(/<script|<img|alert/)
    expect(text).toContain('href="/bff/login?returnUrl=%2Fsearch%3Fq%3D%2522%253E%253Cscript%253E%26page%3D2"')
    expect([...someone.cookies(bff.url).keys()]).toEqual([])
    const lines = bff.written.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.at(-1)).toMatchObject({ msg: 'exchange', status: 401, code: 'login-refused' })
  })

  it('an outage says when to come again', async () => {
    bff = await setUp({ answer: { '/.well-known/openid-configuration': (req) => void req.socket.destroy() } })
    const response = await begin({}, { headers: html })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await response.text()).toContain('The identity provider cannot be reached.')
  })

  it('is a problem for everybody else', async () => {
    bff = await setUp()
    const response = await browser().request(`${bff.url}/bff/callback`, { headers: { accept: 'application/json' } })
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })
})

describe('D-03: what a request says of itself', () => {
  it.each([
    { 'user-agent': 'kube-probe/1.33', 'x-forwarded-uri': '/bff/login' },
    { 'user-agent': 'ELB-HealthChecker/2.0', 'x-original-url': '/livez' },
    { 'x-forwarded-uri': '/bff/callback', 'x-forwarded-method': 'OPTIONS', 'x-auth-request-redirect': '/bff/session' },
    { 'x-forwarded-user': 'someone', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
  ])('%j signs nobody in, and changes no address', async (headers) => {
    bff = await setUp()
    expect((await fetch(`${bff.url}/api/me`, { headers })).status).toBe(401)
    const response = await begin({}, { headers })
    const query = new URL(response.headers.get('location')!).searchParams
    expect(query.get('redirect_uri')).toBe(`${bff.url}/bff/callback`)
    const session = await fetch(`${bff.url}/bff/session`, { headers: { ...headers, 'x-csrf': '1' } })
    expect(await session.json()).toEqual({ authenticated: false })
  })
})
