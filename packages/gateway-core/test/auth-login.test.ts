import { generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { webSession } from '../src/auth.ts'
import { memoryStore, type Store } from '../src/state.ts'
import { tokenVerifier } from '../src/token.ts'
import { type Browser, browser } from './browser.ts'
import { ACCESS_TTL, CLIENT, oidcProvider, RESOURCE, type TestProvider } from './oidc.ts'
import { mount, type Mounted, whoAmI } from './mount.ts'

const lines: string[] = []
const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
let now = Date.now()
const clock = () => now
let app: Mounted
let idp: TestProvider
let store: Store

const optionsOf = (issuer: string) => ({
  issuer,
  clientId: CLIENT.id,
  clientSecret: CLIENT.secret,
  publicUrl: app.url,
  scope: 'openid profile email read',
  resource: RESOURCE,
  store,
  keys: ['a-key-of-this-test-for-its-sessions'],
  clock,
  log,
})

function use(issuer: string): void {
  const web = webSession(optionsOf(issuer))
  app.use({ authenticate: web.authenticate, routes: [...web.routes, whoAmI] })
}

beforeAll(async () => {
  app = await mount(log)
  idp = await oidcProvider(app.url)
  store = memoryStore({ clock })
  use(idp.issuer)
})
afterEach(() => {
  now = Date.now()
  lines.length = 0
  Object.assign(idp, { person: 'someone', keys: undefined, cut: false })
})
afterAll(async () => {
  await idp[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

const loginUrl = (returnUrl = '/orders?page=2') => `${app.url}/bff/login?returnUrl=${encodeURIComponent(returnUrl)}`
const toCallback = (someone: Browser, returnUrl?: string) =>
  someone.follow(loginUrl(returnUrl), `${app.url}/bff/callback`)

async function signIn(someone = browser()): Promise<Browser> {
  const response = await someone.request(await toCallback(someone))
  expect(response.status).toBe(303)
  return someone
}

const sidOf = (someone: Browser) => someone.cookies(app.url).get('__Host-Http-sid')
const sessionOf = async (someone: Browser) => (await someone.request(`${app.url}/bff/session`)).json()
const tokenRequests = () => idp.requests.get('/token') ?? 0
const me = (someone: Browser, init?: RequestInit) => someone.request(`${app.url}/api/me`, init)
const postLogout = (someone: Browser, headers: Record<string, string> = { 'x-csrf': '1' }) =>
  someone.request(`${app.url}/bff/logout`, { method: 'POST', headers })

async function expectProblem(response: Response, status: number, code: string): Promise<Record<string, unknown>> {
  const body = (await response.json()) as Record<string, unknown>
  expect({ status: response.status, code: body['code'] }).toEqual({ status, code })
  return body
}

describe('login', () => {
  it('asks the provider for a code, by a reference to what was pushed to it', async () => {
    const response = await browser().request(loginUrl())
    expect(response.status).toBe(303)
    expect(Object.fromEntries(new URL(response.headers.get('location')!).searchParams)).toEqual({
      client_id: CLIENT.id,
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:/),
    })
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-Http-tx-[\w-]{43}=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/),
    ])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('ends where it was meant to, with a session and without a trace of the login', async () => {
    const someone = browser()
    const response = await someone.request(await toCallback(someone, '/orders?page=2'))
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/orders?page=2')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^__Host-Http-sid=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    )
    expect([...someone.cookies(app.url).keys()]).toEqual(['__Host-Http-sid'])
    expect(await (await me(someone)).json()).toMatchObject({ id: 'someone' })
  })

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', ''])(
    'never leads to %j',
    async (returnUrl) => {
      const response = await browser().request(loginUrl(returnUrl))
      await expectProblem(response, 400, 'invalid-return-url')
      expect(response.headers.getSetCookie()).toEqual([])
    },
  )

  it('knows one return address, not two', async () => {
    await expectProblem(await browser().request(`${loginUrl()}&returnUrl=/b`), 400, 'invalid-return-url')
  })

  it('goes on in several tabs, each to its own end, and forgets the oldest of too many', async () => {
    const someone = browser()
    const tabs: string[] = []
    for (const path of ['/1', '/2', '/3', '/4']) tabs.push(await toCallback(someone, path))
    expect([...someone.cookies(app.url).keys()].filter((name) => name.startsWith('__Host-Http-tx-'))).toHaveLength(3)
    await expectProblem(await someone.request(tabs[0]!), 400, 'login-expired')
    for (const at of [3, 1, 2]) {
      expect((await someone.request(tabs[at]!)).headers.get('location')).toBe(`/${at + 1}`)
    }
  })

  it('answers 503 while the provider is down, and works when it is back', async () => {
    use(idp.issuer)
    idp.cut = true
    await expectProblem(await browser().request(loginUrl()), 503, 'identity-unavailable')
    idp.cut = false
    expect((await browser().request(loginUrl())).status).toBe(303)
  })
})

describe('a callback is refused', () => {
  const refused = async (someone: Browser, url: string, status = 400, code = 'login-expired') => {
    const before = tokenRequests()
    lines.length = 0
    const response = await someone.request(url)
    await expectProblem(response, status, code)
    expect(response.headers.getSetCookie().join()).not.toContain('__Host-Http-sid')
    // What went wrong, for who runs it; and that it did, for who must know who did what.
    expect(lines.map((line) => JSON.parse(line) as { msg: string })).toEqual([
      expect.objectContaining({ level: 40, msg: 'login refused', reason: expect.any(String) }),
      expect.objectContaining({ level: 40, audit: 'authn_login_fail', reason: code, client: CLIENT.id }),
    ])
    return tokenRequests() - before
  }
  const changed = (url: string, change: (query: URLSearchParams) => void): string => {
    const other = new URL(url)
    change(other.searchParams)
    return other.href
  }

  it.each([
    ['without a state', (query: URLSearchParams) => query.delete('state')],
    ['with another state', (query: URLSearchParams) => query.set('state', 'x'.repeat(43))],
    ['with an odd state', (query: URLSearchParams) => query.set('state', '; Path=/x')],
  ])('%s', async (_, change) => {
    const someone = browser()
    expect(await refused(someone, changed(await toCallback(someone), change))).toBe(0)
  })

  it.each([
    ['from another issuer', (query: URLSearchParams) => query.set('iss', 'https://evil.example')],
    ['from no issuer', (query: URLSearchParams) => query.delete('iss')],
    ['with a state too many', (query: URLSearchParams) => query.append('state', 'x')],
    ['without a code', (query: URLSearchParams) => query.delete('code')],
    ['with a token in it', (query: URLSearchParams) => query.set('id_token', 'a.b.c')],
  ])('%s', async (_, change) => {
    const someone = browser()
    expect(await refused(someone, changed(await toCallback(someone), change), 400, 'login-failed')).toBe(0)
    expect(await sessionOf(someone)).toEqual({ authenticated: false })
  })

  it('in a browser that did not begin it', async () => {
    expect(await refused(browser(), await toCallback(browser()))).toBe(0)
  })

  it('with the code of another login', async () => {
    const [mallory, victim] = [browser(), browser()]
    const stolen = new URL(await toCallback(mallory)).searchParams.get('code')!
    const url = changed(await toCallback(victim), (query) => query.set('code', stolen))
    expect(await refused(victim, url, 400, 'login-failed')).toBe(1)
  })

  it('with an ID token that the provider has not signed', async () => {
    use(idp.issuer)
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    idp.keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'test', use: 'sig', alg: 'RS256' }]
    const someone = browser()
    expect(await refused(someone, await toCallback(someone), 400, 'login-failed')).toBe(1)
    use(idp.issuer)
  })

  it('a second time, even with the cookie of the first, and the session lives on', async () => {
    const someone = browser()
    const url = await toCallback(someone)
    const [name, value] = [...someone.cookies(app.url)].find(([key]) => key.startsWith('__Host-Http-tx-'))!
    expect((await someone.request(url)).status).toBe(303)
    someone.cookies(app.url).set(name, value)
    expect(await refused(someone, url)).toBe(0)
    expect(await sessionOf(someone)).toMatchObject({ authenticated: true })
  })

  it('after 10 min', async () => {
    const someone = browser()
    const url = await toCallback(someone)
    now += 600_000
    expect(await refused(someone, url)).toBe(0)
  })

  it('with a cookie that was changed', async () => {
    const someone = browser()
    const url = await toCallback(someone)
    const [name, value] = [...someone.cookies(app.url)].find(([key]) => key.startsWith('__Host-Http-tx-'))!
    someone.cookies(app.url).set(name, `${value.slice(0, -2)}${value.endsWith('AA') ? 'BB' : 'AA'}`)
    expect(await refused(someone, url)).toBe(0)
  })

  it('when the person said no, and what the provider wrote is not repeated', async () => {
    idp.person = ''
    const someone = browser()
    const url = await toCallback(someone)
    const response = await someone.request(url)
    const body = await expectProblem(response, 401, 'login-refused')
    expect(body).toMatchObject({ loginUrl: '/bff/login?returnUrl=%2Forders%3Fpage%3D2' })
    expect(JSON.stringify(body)).not.toContain('<b>')
    expect(sidOf(someone)).toBeUndefined()
  })

  it('while the provider is down: 503, no session, and good again when it is back', async () => {
    const someone = browser()
    const url = await toCallback(someone)
    idp.cut = true
    await expectProblem(await someone.request(url), 503, 'identity-unavailable')
    expect(sidOf(someone)).toBeUndefined()
    idp.cut = false
    expect((await someone.request(url)).status).toBe(303)
  })
})

describe('session', () => {
  it('tells the page who is signed in, and nothing that could be stolen', async () => {
    const someone = browser()
    expect(await sessionOf(someone)).toEqual({ authenticated: false })
    await signIn(someone)
    const response = await someone.request(`${app.url}/bff/session`)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const text = await response.text()
    expect(JSON.parse(text)).toEqual({
      authenticated: true,
      user: { id: 'someone', name: 'Name of someone', email: 'someone@people.example' },
      expiresAt: new Date(now + 43_200_000).toISOString(),
      idleExpiresAt: new Date(now + 1_800_000).toISOString(),
      logoutUrl: '/bff/logout',
      csrf: { header: 'X-CSRF', value: '1' },
    })
    expect(text).not.toMatch(/eyJ/)
  })

  it('K-03, C-7: has an id of its own, whatever the browser brought along', async () => {
    const someone = browser()
    const planted = 'A'.repeat(43)
    someone.cookies(app.url).set('__Host-Http-sid', planted)
    await signIn(someone)
    const first = sidOf(someone)
    expect(first).not.toBe(planted)
    await signIn(someone)
    expect(sidOf(someone)).not.toBe(first)
    expect(await sessionOf(someone)).toMatchObject({ authenticated: true })
    const thief = browser()
    for (const id of [planted, first!]) {
      thief.cookies(app.url).set('__Host-Http-sid', id)
      expect(await sessionOf(thief)).toEqual({ authenticated: false })
    }
  })

  it('is required, or has expired: 401, and where to go', async () => {
    const body = await expectProblem(await me(browser()), 401, 'session-required')
    expect(body).toMatchObject({ loginUrl: '/bff/login' })
    const someone = browser()
    someone.cookies(app.url).set('__Host-Http-sid', 'A'.repeat(43))
    expect(await expectProblem(await me(someone), 401, 'session-expired')).toMatchObject({ loginUrl: '/bff/login' })
    expect(sidOf(someone)).toBeUndefined()
  })

  it('K-01, C-12: is none when two are sent', async () => {
    const someone = await signIn()
    const cookie = `__Host-Http-sid=${sidOf(someone)}; __Host-Http-sid=${'A'.repeat(43)}`
    for (const order of [cookie, cookie.split('; ').toReversed().join('; ')]) {
      const headers = { cookie: order, 'x-csrf': '1' }
      await expectProblem(await fetch(`${app.url}/api/me`, { headers }), 401, 'session-required')
      expect(await (await fetch(`${app.url}/bff/session`, { headers })).json()).toEqual({ authenticated: false })
    }
  })

  it('B-11: is not used by what another site sends', async () => {
    const someone = await signIn()
    const site = { 'sec-fetch-site': 'cross-site' }
    await expectProblem(await me(someone, { method: 'POST' }), 403, 'csrf-rejected')
    await expectProblem(await me(someone, { headers: site }), 403, 'csrf-rejected')
    await expectProblem(await someone.request(`${app.url}/bff/session`, { headers: site }), 403, 'csrf-rejected')
    expect((await me(someone, { method: 'POST', headers: { 'x-csrf': '1', origin: app.url } })).status).toBe(200)
  })

  it('B-20: refreshes its access token once for all, and a page learns nothing of it', async () => {
    const someone = await signIn()
    await me(someone)
    const [requests, sid] = [tokenRequests(), sidOf(someone)]
    now += ACCESS_TTL - 30_000
    const answers = await Promise.all(Array.from({ length: 20 }, async () => (await me(someone)).text()))
    expect(new Set(answers)).toEqual(new Set(['{"id":"someone"}']))
    expect(tokenRequests() - requests).toBe(1)
    expect(sidOf(someone)).toBe(sid)
    now += ACCESS_TTL
    await me(someone)
    expect(tokenRequests() - requests).toBe(2)
  })

  it('holds a token that an API takes from this issuer, and for no other audience', async () => {
    await signIn()
    const accessToken = idp.issued.at(-1)!
    const verify = tokenVerifier({ issuer: idp.issuer, audience: RESOURCE })
    expect(await verify(accessToken)).toMatchObject({ sub: 'someone', scope: 'read', iss: idp.issuer })
    const other = tokenVerifier({ issuer: idp.issuer, audience: 'urn:other' })
    await expect(other(accessToken)).rejects.toMatchObject({ reason: 'audience' })
  })

  it('B-22: ends when the provider has withdrawn its grant', async () => {
    const someone = await signIn()
    const first = sidOf(someone)!
    someone.cookies(app.url).clear()
    await signIn(someone)
    expect((await postLogout(someone)).status).toBe(200)
    someone.cookies(app.url).set('__Host-Http-sid', first)
    expect(await sessionOf(someone)).toMatchObject({ authenticated: true })
    const before = tokenRequests()
    now += ACCESS_TTL
    await expectProblem(await me(someone), 401, 'session-expired')
    expect(tokenRequests() - before).toBe(1)
    expect(await sessionOf(someone)).toEqual({ authenticated: false })
  })

  it('outlives an outage of the provider while its token holds', async () => {
    const someone = await signIn()
    idp.cut = true
    now += ACCESS_TTL - 10_000
    expect((await me(someone)).status).toBe(200)
    now += 10_000
    const response = await me(someone)
    expect(response.headers.get('retry-after')).toBe('2')
    await expectProblem(response, 503, 'identity-unavailable')
    idp.cut = false
    expect((await me(someone)).status).toBe(200)
  })

  it('B-19: ends after half an hour without use, which looking is not', async () => {
    const someone = await signIn()
    now += 1_799_999
    expect(await sessionOf(someone)).toMatchObject({ authenticated: true })
    now += 1
    expect(await sessionOf(someone)).toEqual({ authenticated: false })
  })

  it('B-25: appears in no log, whatever goes wrong', async () => {
    const someone = browser()
    const callback = await toCallback(someone)
    await someone.request(callback)
    const accessToken = idp.issued.at(-1)!
    const sid = sidOf(someone)!
    idp.cut = true
    now += ACCESS_TTL
    await me(someone)
    await postLogout(someone)
    await someone.request(callback)
    const text = lines.join('')
    for (const line of ['access token not refreshed', 'refresh token not revoked', 'login refused']) {
      expect(text).toContain(line)
    }
    const query = new URL(callback).searchParams
    for (const secret of [accessToken, sid, CLIENT.secret, query.get('code')!, query.get('state')!]) {
      expect(text).not.toContain(secret)
    }
  })
})

describe('logout', () => {
  it('ends the session here, revokes its refresh token, and says where it goes on', async () => {
    const someone = await signIn()
    const sid = sidOf(someone)!
    const before = idp.requests.get('/token/revocation') ?? 0
    const response = await postLogout(someone)
    expect(response.status).toBe(200)
    const { endSessionUrl } = (await response.json()) as { endSessionUrl: string }
    const url = new URL(endSessionUrl)
    expect(url.origin).toBe(idp.issuer)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: CLIENT.id,
      post_logout_redirect_uri: `${app.url}/`,
    })
    expect((await someone.request(endSessionUrl)).status).toBe(200)
    expect(idp.requests.get('/token/revocation')).toBe(before + 1)
    expect(sidOf(someone)).toBeUndefined()
    someone.cookies(app.url).set('__Host-Http-sid', sid)
    await expectProblem(await me(someone), 401, 'session-expired')
  })

  it('may be asked for twice, or by nobody', async () => {
    const someone = await signIn()
    await postLogout(someone)
    expect((await postLogout(someone)).status).toBe(200)
    expect((await postLogout(browser())).status).toBe(200)
  })

  it('is not for other sites to ask for', async () => {
    const someone = await signIn()
    await expectProblem(await postLogout(someone, {}), 403, 'csrf-rejected')
    await expectProblem(await postLogout(someone, { 'x-csrf': '1', origin: 'null' }), 403, 'csrf-rejected')
    expect(await sessionOf(someone)).toMatchObject({ authenticated: true })
  })

  it('works while the provider is down', async () => {
    const someone = await signIn()
    use(idp.issuer)
    idp.cut = true
    const response = await postLogout(someone)
    expect(await response.json()).toEqual({ endSessionUrl: null })
    expect(await sessionOf(someone)).toEqual({ authenticated: false })
  })
})

describe('webSession does not start', () => {
  it.each([
    ['with an issuer in the clear', { issuer: 'http://id.example' }],
    ['with one on this machine, in production', { production: true }],
    ['for an app in the clear', { publicUrl: 'http://app.example' }],
    ['for an app under a path', { publicUrl: 'https://app.example/shop' }],
    ['for no identity', { scope: 'read' }],
  ])('%s', (_, wrong) => {
    expect(() => webSession({ ...optionsOf(idp.issuer), ...wrong })).toThrow(TypeError)
  })

  it('but does with a provider that is down', () => {
    expect(() => webSession(optionsOf('https://id.example'))).not.toThrow()
  })
})
