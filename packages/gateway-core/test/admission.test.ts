import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { z } from 'zod'
import { open, revocations, signedIn, stepUp, webSession } from '../src/auth.ts'
import type { Contract } from '../src/contract.ts'
import type { Guard } from '../src/exchange.ts'
import { type Core, gateway, problem, type Route } from '../src/index.ts'
import { memoryStore } from '../src/state/memory.ts'
import { json, type Upstream, upstream } from '../src/testing.ts'
import { browser, type Browser } from './browser.ts'
import { handshake } from './door.ts'
import { silent } from './exchange.ts'
import { CLIENT, oidcProvider, RESOURCE } from './oidc.ts'
import { openSite } from './site.ts'
import { say } from './raw.ts'

const Item = z.object({ id: z.string() })
const items = { 'GET /items/:id': { out: Item }, 'PUT /items/:id': { out: Item } } as const satisfies Contract
const front = {
  'GET /api/items/:id': { out: Item },
  'PUT /api/items/:id': { out: Item },
  'PUT /api/sensitive/:id': { out: Item },
} as const satisfies Contract
const { screen, forward, batch, app } = gateway(front, { items }, { items: {} })

const routes = [
  screen('GET /api/items/:id', {
    guard: signedIn,
    parts: ({ params, from }) => ({ item: from.items('GET /items/:id', { id: params.id }) }),
    view: ({ item }) => item,
  }),
  screen('PUT /api/items/:id', {
    guard: signedIn,
    parts: ({ params, from }) => ({ item: from.items('PUT /items/:id', { id: params.id }) }),
    view: ({ item }) => item,
  }),
  screen('PUT /api/sensitive/:id', {
    guard: stepUp({ maxAge: 300_000, acr: 'mfa' }),
    parts: ({ params, from }) => ({ item: from.items('PUT /items/:id', { id: params.id }) }),
    view: ({ item }) => item,
  }),
  batch('POST /api/batch', { guard: open }),
  forward('/files', 'items', { guard: signedIn, methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] }),
  forward('/ws', 'items', { guard: signedIn, upgrade: { origins: ['https://shop.example'] } }),
]

const running = { upstreams: { items: 'http://127.0.0.1:9' }, log: silent }
const nobody = { ...running, authenticate: () => Promise.reject(problem(401, 'token-missing')) }

describe('deny by default', () => {
  const bare = (path: string, guard?: unknown): Route<Core> =>
    ({ methods: ['GET'], path, bind: () => () => undefined, guard, place: `screens${path}.ts:7` }) as Route<Core>

  it('an app with routes that nobody guards does not start, and names them all with their places', () => {
    const loose = [bare('/one'), routes[0]!, bare('/two', null), bare('/three', true), bare('/four', open)]
    expect(() => app(loose, nobody)).toThrow(
      new TypeError(
        'These routes have no guard. Name one, or `open` for public access:\n' +
          '  - GET /one (screens/one.ts:7)\n  - GET /two (screens/two.ts:7)\n  - GET /three (screens/three.ts:7)',
      ),
    )
  })

  it('so it is for routes that were made without the compiler', () => {
    const untyped = forward as unknown as (prefix: string, upstream: string, spec: object) => Route<Core>
    expect(() => app([untyped('/loose', 'items', {})], nobody)).toThrow(
      /GET\|HEAD \/loose\/\* \(test\/admission\.test\.ts:\d+\)/,
    )
  })

  it.each([false, undefined, 'yes'])('a guard that answers %p lets nobody in', async (answer) => {
    await using site = await start()
    site.use([forward('/loose', 'items', { guard: (() => answer) as unknown as Guard })])
    const response = await fetch(`${site.url}/loose/a`)
    expect(await problemOf(response)).toEqual([500, 'internal-error'])
    expect(site.service.seen).toEqual([])
  })
})

const problemOf = async (response: Response): Promise<unknown> => {
  const { code } = (await response.json()) as { code?: unknown }
  return [response.status, code]
}

/** A site on a port that is known before its app is made. */
async function start() {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await upstream((_, res) => json(res, { id: '1' })))
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  const { server, url } = stack.use(await openSite())
  const store = memoryStore()
  const known = stack.use(revocations({ store, log }))
  return {
    url,
    service,
    store,
    lines,
    revocations: known,
    use(made: readonly Route<Core>[], authenticate = nobody.authenticate as Parameters<typeof app>[1]['authenticate']) {
      const bff = stack.use(app(made, { upstreams: { items: service.url }, log, authenticate, revocations: known }))
      server.on('request', bff.handler).on('upgrade', bff.door.take)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe('a cookie', () => {
  const stack = new AsyncDisposableStack()
  let site: Awaited<ReturnType<typeof start>>
  let service: Upstream
  let someone: Browser

  beforeAll(async () => {
    site = stack.use(await start())
    service = site.service
    const idp = stack.use(await oidcProvider(site.url))
    const web = webSession({
      issuer: idp.issuer,
      clientId: CLIENT.id,
      clientSecret: CLIENT.secret,
      keys: ['a-key-that-seals-the-sessions-of-tests'],
      publicUrl: site.url,
      scope: 'openid profile email read',
      resource: RESOURCE,
      store: site.store,
      log: silent,
    })
    site.use([...web.routes, ...routes], web.authenticate)
    someone = browser()
    const callback = await someone.follow(`${site.url}/bff/login?returnUrl=/`, `${site.url}/bff/callback`)
    expect((await someone.request(callback)).status).toBe(303)
  })
  afterAll(() => stack.disposeAsync())

  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    someone.request(site.url + path, { method, headers, ...(body !== undefined && { body }) })

  it('opens what it should: the refusals below are for what they say', async () => {
    for (const [method, path] of [
      ['GET', '/api/items/1'],
      ['PUT', '/api/items/1'],
      ['DELETE', '/files/1'],
    ] as const)
      expect((await ask(method, path, { 'x-csrf': '1' })).status).toBe(200)
  })

  const part = (method: string) =>
    JSON.stringify({ parts: [{ id: 'a', method, path: '/api/items/1', headers: { 'idempotency-key': 'k' } }] })

  it.each<[string, string, Record<string, string>]>([
    ['PUT', '/api/items/1', {}],
    ['PUT', '/api/items/1', { 'x-csrf': '0' }],
    ['PUT', '/api/items/1', { 'x-csrf': '1', origin: 'https://evil.example' }],
    ['PUT', '/api/items/1', { 'x-csrf': '1', 'sec-fetch-site': 'cross-site' }],
    ['PUT', '/api/items/1', { 'x-csrf': '1', 'sec-fetch-site': 'same-site' }],
    ['POST', '/files/1', {}],
    ['POST', '/files/1', { 'content-type': 'text/plain' }],
    ['PUT', '/files/1', {}],
    ['PATCH', '/files/1', {}],
    ['DELETE', '/files/1', {}],
    ['PUT', '/api/sensitive/1', {}],
  ])('B-11: %s %s with %o goes past no CSRF check, and no service hears of it', async (method, path, headers) => {
    const before = service.seen.length
    expect(await problemOf(await ask(method, path, headers))).toEqual([403, 'csrf-rejected'])
    expect(service.seen.length).toBe(before)
  })

  it.each<[string, Record<string, string>]>([
    ['/api/items/1', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['/files/1', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['/files/1', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['/files/1', { origin: 'null' }],
  ])('B-12: a GET of %s from elsewhere is none either, as with %o', async (path, headers) => {
    const before = service.seen.length
    expect(await problemOf(await ask('GET', path, headers))).toEqual([403, 'csrf-rejected'])
    expect(service.seen.length).toBe(before)
  })

  it('B-11: nor does a part of a batch', async () => {
    const before = service.seen.length
    const json = { 'content-type': 'application/json' }
    for (const headers of [json, { ...json, 'sec-fetch-site': 'cross-site', 'x-csrf': '1' }]) {
      const response = await ask('POST', '/api/batch', headers, part('PUT'))
      const { parts } = (await response.json()) as { parts: { status: number; body: { code: string } }[] }
      expect(parts).toMatchObject([{ status: 403, body: { code: 'csrf-rejected' } }])
    }
    expect(service.seen.length).toBe(before)
  })

  it('B-12: nor does a socket', async () => {
    const cookie = [...someone.cookies(site.url)].map((pair) => pair.join('=')).join('; ')
    const before = service.seen.length
    const foreign = await say(site.url, handshake('/ws/a', { Cookie: cookie, Origin: 'https://evil.example' }))
    const elsewhere = await say(site.url, handshake('/ws/a', { Cookie: cookie }))
    for (const answer of [foreign, elsewhere]) expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    expect(service.seen.length).toBe(before)
  })

  it('N-15: is sent to sign in again for what needs more than that', async () => {
    const before = service.seen.length
    const response = await ask('PUT', '/api/sensitive/1', { 'x-csrf': '1' })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({
      code: 'insufficient-user-authentication',
      loginUrl: '/bff/login?acr=mfa&max_age=300',
    })
    expect(service.seen.length).toBe(before)
  })

  it('D-03: nothing that a client says of itself or of where it goes lets anybody in', async () => {
    const before = service.seen.length
    const claims: Record<string, string>[] = [
      ...['kube-probe/1.31', 'GoogleHC/1.0', 'ELB-HealthChecker/2.0', 'Prometheus/2', ''].map((agent) => ({
        'user-agent': agent,
      })),
      ...['x-forwarded-uri', 'x-original-url', 'x-rewrite-url', 'x-original-uri', 'x-auth-request-redirect'].flatMap(
        (name) => ['/livez', '/bff/login', '/bff/session', '/metrics'].map((path) => ({ [name]: path })),
      ),
      ...['x-forwarded-user', 'x-auth-user', 'x-user-id', 'x-internal', 'remote-user'].map((name) => ({
        [name]: 'admin',
      })),
      { 'x-forwarded-method': 'OPTIONS' },
      { 'x-http-method-override': 'OPTIONS' },
      { 'x-forwarded-for': '127.0.0.1' },
      { forwarded: 'for=127.0.0.1' },
    ]
    for (const headers of claims) {
      for (const path of ['/api/items/1', '/files/1']) {
        const response = await fetch(site.url + path, { headers })
        expect([headers, await problemOf(response)]).toEqual([headers, [401, 'session-required']])
      }
      const answer = await say(site.url, handshake('/ws/a', headers))
      expect([headers, answer.slice(0, 12)]).toEqual([headers, 'HTTP/1.1 401'])
    }
    expect(service.seen.length).toBe(before)
  })

  it('leaves one audit line per refusal, and in all lines of the log nothing that opens anything', async () => {
    site.lines.length = 0
    await ask('PUT', '/api/items/7')
    await ask('GET', '/files/7?token=eyJhbGciOiJub25lIn0.e30.sig', {
      'x-csrf': '1',
      'user-agent': 'eyJhbGciOiJub25lIn0.e30.sig',
    })
    await fetch(`${site.url}/files/7`, { headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.sig' } })
    await ask('PUT', '/api/sensitive/7', { 'x-csrf': '1' })
    await say(site.url, handshake('/ws/a'))
    const audits = site.lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ audit }) => audit)
    const told = audits.map(({ audit, method, route, reason, user }) => ({ audit, method, route, reason, user }))
    expect(told).toEqual([
      { audit: 'authz_fail', method: 'PUT', route: '/api/items/:id', reason: 'csrf-rejected' },
      { audit: 'authz_fail', method: 'GET', route: '/files/*', reason: 'session-required' },
      {
        audit: 'authz_fail',
        method: 'PUT',
        route: '/api/sensitive/:id',
        reason: 'insufficient-user-authentication',
        user: 'someone',
      },
      { audit: 'authz_fail', method: 'GET', route: '/ws/*', reason: 'session-required' },
    ])
    for (const line of audits)
      expect(line).toMatchObject({ address: '127.0.0.1', traceId: expect.stringMatching(/^[0-9a-f]{32}$/), level: 40 })
    const cookies = [...someone.cookies(site.url).values()]
    expect(cookies.length).toBeGreaterThan(0)
    for (const line of site.lines) {
      expect(line).not.toMatch(/eyJ[\w-]{6,}|bffk_|[Bb]earer |__Host-/)
      for (const cookie of cookies) expect(line).not.toContain(cookie)
    }
  })

  it('L-9: is worth nothing once its session is revoked, however long the browser keeps it', async () => {
    const guest = browser()
    const callback = await guest.follow(`${site.url}/bff/login?returnUrl=/`, `${site.url}/bff/callback`)
    await guest.request(callback)
    const headers = { 'x-csrf': '1' }
    expect((await guest.request(`${site.url}/files/1`, { headers })).status).toBe(200)
    await site.revocations.user('someone', 'operator')
    const response = await guest.request(`${site.url}/files/1`, { headers })
    expect(await response.json()).toMatchObject({ status: 401, code: 'session-expired', loginUrl: '/bff/login' })
  })
})
