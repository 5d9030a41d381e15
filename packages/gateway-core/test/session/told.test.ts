import { afterEach, describe, expect, it } from '@jest/globals'
import { memoryStore, type Store, StoreUnavailable } from '../../src/state.ts'
import { browser } from '../browser.ts'
import { ACCESS_TTL } from '../oidc.ts'
import { SID, type WebApp, webApp } from '../web-app.ts'

let apart = 0
const clock = () => Date.now() + apart
afterEach(() => {
  apart = 0
})

type Facts = Readonly<Record<string, unknown>>

/** What the audit log was told since it was asked last. */
const told = ({ lines }: WebApp): Facts[] =>
  lines.splice(0).flatMap((line) => {
    const facts = JSON.parse(line) as Facts
    return facts['audit'] === undefined ? [] : [facts]
  })

const session = expect.stringMatching(/^[0-9a-f]{64}$/) as unknown
const about = { user: 'someone', client: 'web', session, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown }

/** As often as `/metrics` says. */
async function counts({ url }: WebApp): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, series, value] = /^((?:logins|session_refreshes|csrf_refusals)_total\{[^}]*\}) (\d+)$/.exec(line) ?? []
      return series === undefined ? [] : [[series, Number(value)]]
    }),
  )
}

describe('who signs in and out', () => {
  it('is told of in one line each, which opens nothing, and counted', async () => {
    await using web = await webApp({ clock })
    const someone = browser()
    const callback = await someone.follow(`${web.url}/bff/login`, `${web.url}/bff/callback`)
    expect(told(web)).toEqual([])
    await someone.request(callback)
    expect(told(web)).toEqual([
      expect.objectContaining({ audit: 'authn_login_success', route: '/bff/callback', ...about }),
    ])
    const sid = web.cookies(someone).get(SID)!

    await someone.request(callback)
    expect(told(web)).toEqual([
      expect.objectContaining({ audit: 'authn_login_fail', client: 'web', reason: 'login-expired' }),
    ])

    apart = ACCESS_TTL - 10_000
    expect((await web.ask(someone, '/api/things')).status).toBe(200)
    expect((await web.ask(someone, '/api/things')).status).toBe(200)
    expect(told(web)).toEqual([expect.objectContaining({ audit: 'session_renewed', ...about })])

    apart = 2 * ACCESS_TTL - 20_000
    web.idp.cut = true
    expect((await web.ask(someone, '/api/things')).status).toBe(200)
    expect(told(web)).toEqual([
      expect.objectContaining({ audit: 'session_renew_fail', reason: 'identity-unavailable', ...about }),
    ])
    web.idp.cut = false

    await web.ask(someone, '/bff/logout', { method: 'POST' })
    expect(told(web)).toEqual([expect.objectContaining({ audit: 'session_expired', reason: 'logout', ...about })])
    expect(web.lines.join('')).not.toContain(sid)
    expect([...(await counts(web))].filter(([, count]) => count > 0)).toEqual([
      ['logins_total{outcome="success"}', 1],
      ['logins_total{outcome="failed"}', 1],
      ['session_refreshes_total{outcome="ok"}', 1],
      ['session_refreshes_total{outcome="failed"}', 1],
    ])
  })

  it.each([
    ['header', 'POST', '/api/things', {}],
    ['origin', 'POST', '/api/files/a', { origin: 'https://evil.example', 'x-csrf': '1' }],
    ['fetch-metadata', 'GET', '/api/things', { 'sec-fetch-site': 'same-site', 'x-csrf': '1' }],
    ['header', 'POST', '/bff/logout', {}],
    ['fetch-metadata', 'GET', '/bff/session', { 'sec-fetch-site': 'cross-site' }],
    ['origin', 'DELETE', '/bff/sessions', { origin: 'null', 'x-csrf': '1' }],
    ['header', 'PUT', '/api/visitor', {}],
  ])('C-01: a request that seems forged, by its %s: %s %s', async (signal, method, path, headers) => {
    await using web = await webApp()
    const someone = await web.signIn()
    told(web)
    const answer = await someone.request(web.url + path, { method, headers: headers as Record<string, string> })
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'csrf-rejected', signal }])
    expect(told(web)).toEqual([expect.objectContaining({ audit: 'authz_fail', reason: 'csrf-rejected', signal })])
    expect((await counts(web)).get(`csrf_refusals_total{signal="${signal}"}`)).toBe(1)
  })
})

/** A store of which some things can be made to fail. */
function failing(fails: (method: string, key: string) => boolean) {
  const inner = memoryStore({ clock })
  const guarded = (method: string, key: string) => {
    if (fails(method, key)) throw new StoreUnavailable('it is down')
  }
  const store: Store = {
    ...inner,
    get: async (key) => (guarded('get', key), inner.get(key)),
    set: async (key, ...given) => (guarded('set', key), inner.set(key, ...given)),
    touch: async (key, ttl) => (guarded('touch', key), inner.touch(key, ttl)),
    delete: async (key, was) => (guarded('delete', key), inner.delete(key, was)),
    add: async (key, ...given) => (guarded('add', key), inner.add(key, ...given)),
    members: async (key) => (guarded('members', key), inner.members(key)),
  }
  return store
}

describe('a store that fails', () => {
  it('X-12: to keep a session alive refuses nobody whose session could be read', async () => {
    let down = false
    await using web = await webApp({ clock, store: failing((method) => down && method === 'touch') })
    const someone = await web.signIn()
    down = true
    apart = 120_000
    expect((await web.ask(someone, '/api/things')).status).toBe(200)
  })

  it('X-12: to take new tokens is asked again while the request has time; the refresh token that was spent is not lost', async () => {
    let failures = 0
    const store = failing((method, key) => method === 'set' && key.startsWith('session:') && failures-- > 0)
    await using web = await webApp({ clock, store })
    const someone = await web.signIn()
    const before = web.idp.requests.get('/token')!
    apart = ACCESS_TTL - 10_000
    failures = 3
    told(web)
    expect((await web.ask(someone, '/api/things')).status).toBe(200)
    expect(web.idp.requests.get('/token')! - before).toBe(1)
    expect(told(web)).toEqual([expect.objectContaining({ audit: 'session_renewed' })])
  })

  it('X-12: for longer than a request has time is 503 to that one, and the next finds what was kept for it', async () => {
    let down = false
    const store = failing((method, key) => down && method === 'set' && key.startsWith('session:'))
    await using web = await webApp({ clock, store })
    const someone = await web.signIn()
    const before = web.idp.requests.get('/token')!
    apart = ACCESS_TTL - 10_000
    down = true
    told(web)
    const answer = await web.ask(someone, '/api/things')
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'store-unavailable' }])
    expect(told(web)).toEqual([expect.objectContaining({ audit: 'session_renew_fail', reason: 'store-unavailable' })])
    down = false
    expect((await web.ask(someone, '/api/things')).status).toBe(200)
    expect(web.idp.requests.get('/token')! - before).toBe(1)
  }, 20_000)

  it('X-12: when a login ends, or the provider tells of a sign-out, is 503 store-unavailable, and nobody is half signed in', async () => {
    let down = false
    await using web = await webApp({ store: failing(() => down), backchannel: true })
    const someone = browser()
    const callback = await someone.follow(`${web.url}/bff/login`, `${web.url}/bff/callback`)
    down = true
    told(web)
    const refused = await someone.request(callback)
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'store-unavailable' }])
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(web.cookies(someone).get(SID)).toBeUndefined()
    expect(told(web)).toEqual([expect.objectContaining({ audit: 'authn_login_fail', reason: 'store-unavailable' })])
    down = false
    await web.signIn(someone)
    down = true
    web.lines.length = 0
    await web.signOutAtProvider(someone)
    const answered = web.lines
      .map((line) => JSON.parse(line) as Facts)
      .filter(({ route }) => route === '/bff/backchannel')
    expect(answered).toEqual([expect.objectContaining({ status: 503 })])
  })
})
