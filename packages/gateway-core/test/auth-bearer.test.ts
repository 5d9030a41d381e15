import type { ServerResponse } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { z } from 'zod'
import { bearer, type BearerOptions, can, open, signedIn } from '../src/auth.ts'
import type { Contract } from '../src/contract.ts'
import { type Core, gateway, serve } from '../src/index.ts'
import type { Route } from '../src/exchange.ts'
import { json, upstream } from '../src/testing.ts'
import { AUDIENCE, claims, ec, jwk, NOW, rsa, token } from './issuer.ts'
import { dpop, prover } from './prover.ts'
import { wire } from './raw.ts'

const Word = z.object({ word: z.string() })
const service = { 'GET /word': { out: Word }, 'POST /word': { out: Word } } as const satisfies Contract
const front = {
  'GET /m/open': { auth: 'open', out: Word },
  'GET /m/word': { out: Word },
  'POST /m/word': { out: Word },
  'GET /m/admin': { out: Word },
} as const satisfies Contract

const { screen, forward, app } = gateway(front, { words: service }, { words: { timeout: 2_000, token: 'none' } })

const expose = { words: ['set-cookie'] }
/** Sets a cookie in each way that there is. */
const careless: Route<Core> = {
  methods: ['GET'],
  path: '/m/careless',
  guard: open,
  bind: () => (exchange, _req, res) => {
    res.setHeader('Set-Cookie', ['a=1', 'b=2'])
    res.writeHead(200, { 'SET-COOKIE': 'c=3', 'x-cookie-seen': String(exchange.headers.cookie) }).end('{}')
  },
}
const routes: Route<Core>[] = [
  screen('GET /m/open', {
    guard: open,
    expose,
    parts: ({ from }) => ({ it: from.words('GET /word') }),
    view: ({ it }) => it,
  }),
  screen('GET /m/word', {
    guard: signedIn,
    expose,
    parts: ({ from }) => ({ it: from.words('GET /word') }),
    view: ({ it }) => it,
  }),
  screen('POST /m/word', {
    guard: signedIn,
    parts: ({ from }) => ({ it: from.words('POST /word') }),
    view: ({ it }) => it,
  }),
  screen('GET /m/admin', {
    guard: can('admin'),
    parts: ({ from }) => ({ it: from.words('GET /word') }),
    view: ({ it }) => it,
  }),
  forward('/m/raw', 'words', { guard: open, methods: ['GET', 'POST'] }),
  careless,
]

/** An app before a service that sets cookies, and an issuer that answers as it is told, all on sockets. */
async function setUp(more: Partial<BearerOptions> = {}) {
  const stack = new AsyncDisposableStack()
  const time = { now: NOW }
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const answers = { keys: (res: ServerResponse) => json(res, { keys: [jwk(rsa.publicKey, { kid: 'one' })] }) }
  const idp = stack.use(
    await upstream((req, res) =>
      req.url === '/jwks' ? answers.keys(res) : json(res, { issuer: idp.url, jwks_uri: `${idp.url}/jwks` }),
    ),
  )
  const words = stack.use(
    await upstream((_req, res) => {
      res.setHeader('set-cookie', 'from=service')
      json(res, { word: 'hello' })
    }),
  )
  const options = { issuer: idp.url, audience: AUDIENCE, clock: () => time.now, ...more }
  const authenticate = bearer(options)
  const { handler, door, ...running } = app(routes, {
    upstreams: { words: words.url },
    log,
    authenticate,
    cookies: 'none',
  })
  const place = { name: 'test', port: 0, hostname: '127.0.0.1', portVariable: 'PORT', log, release: running }
  const bff = stack.use(await serve({ ...place, handler, upgrade: door.take, drain: door.drain }))
  const access = (changes: object = {}, how = {}) => token(claims({ iss: idp.url, ...changes }), how)
  const get = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    fetch(bff.url + path, { ...init, headers })
  const metric = async (line: string) =>
    Number(
      (await (await get('/metrics')).text())
        .split('\n')
        .find((one) => one.startsWith(line))
        ?.split(' ')[1],
    )
  return {
    time,
    lines,
    answers,
    idp,
    words,
    url: bff.url,
    access,
    get,
    metric,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const seen = async (response: Response) => ({
  status: response.status,
  code: ((await response.json()) as { code?: string }).code,
  challenge: response.headers.get('www-authenticate'),
})

describe('a mobile BFF', () => {
  it('N-8: says what is missing in the words of the scheme', async () => {
    await using bff = await setUp()
    const { get, access } = bff
    const as = (value: string) => ({ authorization: `Bearer ${value}` })
    expect((await get('/m/word', as(access()))).status).toBe(200)
    expect(await seen(await get('/m/word'))).toEqual({
      status: 401,
      code: 'token-missing',
      challenge: 'Bearer realm="urn:api"',
    })
    const invalid = { status: 401, code: 'token-invalid', challenge: 'Bearer realm="urn:api", error="invalid_token"' }
    expect(await seen(await get('/m/word', as('nonsense')))).toEqual(invalid)
    expect(await seen(await get('/m/word', as(access({ aud: 'urn:orders' }))))).toEqual(invalid)
    expect(await seen(await get('/m/admin', as(access())))).toEqual({
      status: 403,
      code: 'insufficient-scope',
      challenge: 'Bearer error="insufficient_scope", scope="admin"',
    })
    expect((await get('/m/admin', as(access({ scope: 'admin' })))).status).toBe(200)
    // Anybody may come here, whatever they carry.
    expect((await get('/m/open', as('nonsense'))).status).toBe(200)
  })

  it('N-8: takes one Authorization, of one scheme', async () => {
    await using bff = await setUp()
    const good = bff.access()
    for (const second of [`Bearer ${good}`, 'Basic YTpi']) {
      const connection = await wire(bff.url)
      connection.write(
        `GET /m/word HTTP/1.1\r\nHost: m.example\r\nAuthorization: Bearer ${good}\r\nAuthorization: ${second}\r\n\r\n`,
      )
      const text = await connection.closed()
      expect(text).toMatch(/^HTTP\/1\.1 400 /)
      expect(text).toContain('"code":"repeated-header"')
      const both = await bff.get('/m/word', { authorization: `Bearer ${good}, ${second}` })
      expect(await seen(both)).toMatchObject({ status: 401, code: 'token-invalid' })
      const reversed = await bff.get('/m/word', { authorization: `Basic YTpi, Bearer ${good}` })
      expect(await seen(reversed)).toMatchObject({ status: 401, code: 'token-missing' })
    }
  })

  it('N-8: takes a token from nowhere else', async () => {
    await using bff = await setUp()
    const good = bff.access()
    const form = new URLSearchParams({ access_token: good })
    expect(await seen(await bff.get(`/m/word?access_token=${good}`))).toMatchObject({ code: 'token-missing' })
    expect(await seen(await bff.get('/m/word', {}, { method: 'POST', body: form }))).toMatchObject({
      code: 'token-missing',
    })
    expect(
      await seen(await bff.get('/m/word', { 'x-access-token': good, cookie: `access_token=${good}` })),
    ).toMatchObject({
      code: 'token-missing',
    })
    expect(bff.lines.join('')).not.toContain(good)
  })

  it('N-7: ignores cookies and counts them; no service sees one', async () => {
    await using bff = await setUp()
    const { get, access, words, metric, lines } = bff
    const cookie = `__Host-Http-sid=${access()}`
    expect(await metric('cookies_ignored_total{way="received"}')).toBe(0)
    expect(await seen(await get('/m/word', { cookie }))).toMatchObject({ status: 401, code: 'token-missing' })
    expect((await get('/m/word', { cookie, authorization: `Bearer ${access()}` })).status).toBe(200)
    expect((await get('/m/open', { cookie })).status).toBe(200)
    expect((await get('/m/raw/word', { cookie })).status).toBe(200)
    expect((await get('/m/careless', { cookie })).headers.get('x-cookie-seen')).toBe('undefined')
    expect(words.seen.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined, undefined])
    expect(await metric('cookies_ignored_total{way="received"}')).toBe(5)
    const told = lines.filter((line) => line.includes('"cookie ignored"') && line.includes('"received"'))
    expect(told).toHaveLength(1)
    expect(lines.join('')).not.toContain('__Host-Http-sid')
  })

  it('N-7: ignores and counts those that ask for a socket, too', async () => {
    await using bff = await setUp()
    const connection = await wire(bff.url)
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
    connection.write(`GET /m/word HTTP/1.1\r\nHost: m.example\r\nCookie: a=b\r\n${upgrade}\r\n\r\n`)
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 404 /)
    expect(await bff.metric('cookies_ignored_total{way="received"}')).toBe(1)
  })

  it('N-7: sets none, whoever wants to', async () => {
    await using bff = await setUp()
    const { get, access, metric, lines } = bff
    const as = { authorization: `Bearer ${access()}` }
    for (const path of ['/m/open', '/m/word', '/m/raw/word', '/m/careless', '/m/nowhere', '/m/admin']) {
      const response = await get(path, as)
      expect([path, response.headers.getSetCookie()]).toEqual([path, []])
    }
    // What a forward gets from its service does not come as far as this.
    expect(await metric('cookies_ignored_total{way="sent"}')).toBe(3)
    expect(lines.filter((line) => line.includes('"cookie ignored"') && line.includes('"sent"'))).toHaveLength(1)
  })

  it('N-10, N-11, N-12: takes bound tokens with their proofs, for the address that its clients know', async () => {
    await using bff = await setUp({ dpop: dpop('required-on-writes') })
    const client = prover()
    const bound = bff.access({ cnf: { jkt: client.jkt } })
    const url = 'https://m.example/m/word'
    const send = (nonce: string | undefined, method = 'POST', more = {}) =>
      bff.get(
        '/m/word?a=b',
        { authorization: `DPoP ${bound}`, dpop: client.proof({ token: bound, method, url, nonce, ...more }) },
        { method },
      )

    const first = await send(undefined)
    const nonce = first.headers.get('dpop-nonce')!
    expect(await seen(first)).toEqual({
      status: 401,
      code: 'proof-nonce',
      challenge: 'DPoP realm="urn:api", error="use_dpop_nonce", algs="RS256 PS256 ES256"',
    })
    expect((await send(nonce)).status).toBe(200)
    expect((await send(nonce, 'GET')).status).toBe(200)
    expect(bff.words.seen.map(({ headers }) => headers['dpop'])).toEqual([undefined, undefined])

    const jti = { claims: { jti: 'once' } }
    const many = await Promise.all(Array.from({ length: 10 }, () => send(nonce, 'POST', jti)))
    expect(many.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 9 }, () => 401),
    ])
    expect(await seen(await send(nonce, 'POST', { url: `${bff.url}/m/word` }))).toMatchObject({ code: 'proof-invalid' })
    expect(await seen(await bff.get('/m/word', { authorization: `Bearer ${bound}` }))).toMatchObject({
      code: 'token-invalid',
    })
    const mere = { authorization: `Bearer ${bff.access()}` }
    expect((await bff.get('/m/word', mere)).status).toBe(200)
    expect(await seen(await bff.get('/m/word', mere, { method: 'POST' }))).toMatchObject({ code: 'proof-required' })
    expect(bff.lines.join('')).not.toMatch(/eyJ/)
  })

  it('N-11: one DPoP field, on the wire too', async () => {
    await using bff = await setUp({ dpop: dpop('optional') })
    const client = prover()
    const bound = bff.access({ cnf: { jkt: client.jkt } })
    const nonce = (await bff.get('/m/word')).headers.get('dpop-nonce')!
    const proof = () => client.proof({ token: bound, url: 'https://m.example/m/word', nonce })
    for (const [fields, status] of [
      [[proof(), proof()], 401],
      [[proof()], 200],
    ] as const) {
      const connection = await wire(bff.url)
      const lines = fields.map((field) => `DPoP: ${field}\r\n`).join('')
      connection.write(
        `GET /m/word HTTP/1.1\r\nHost: m.example\r\nConnection: close\r\nAuthorization: DPoP ${bound}\r\n${lines}\r\n`,
      )
      expect(await connection.closed()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    }
  })
})

describe('an issuer', () => {
  it.each<[string, (res: ServerResponse) => void]>([
    ['sends elsewhere', (res) => void res.writeHead(302, { location: '/.well-known/openid-configuration' }).end()],
    ['never answers', () => undefined],
    ['answers without an end', (res) => void res.writeHead(200).write('{"keys":[')],
    ['cuts the connection', (res) => void res.destroy()],
    ['answers 5 MB', (res) => void res.end('x'.repeat(5_000_000))],
    ['answers HTML', (res) => void res.setHeader('content-type', 'text/html').end('<!doctype html>')],
    ['fails', (res) => json(res, {}, 500)],
  ])('J-12: that %s signs nobody in and nobody out', async (_, answer) => {
    await using bff = await setUp()
    bff.answers.keys = answer
    const response = await bff.get('/m/word', { authorization: `Bearer ${bff.access()}` })
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await seen(response)).toMatchObject({ status: 503, code: 'identity-unavailable', challenge: null })
    expect((await bff.get('/m/open')).status).toBe(200)
  })

  it('J-12: changes its keys, and no request fails for it', async () => {
    await using bff = await setUp()
    const { access, get, answers, time, idp } = bff
    const lasting = { exp: NOW / 1000 + 3_600 }
    const old = access(lasting)
    const young = access(lasting, { header: { alg: 'ES256', kid: 'two' }, key: ec.privateKey })
    const status = async (value: string) => (await get('/m/word', { authorization: `Bearer ${value}` })).status
    expect(await status(old)).toBe(200)

    // The new key is published beside the old one, and used at once.
    answers.keys = (res) => json(res, { keys: [jwk(rsa.publicKey, { kid: 'one' }), jwk(ec.publicKey, { kid: 'two' })] })
    time.now += 5_000
    const during = await Promise.all(Array.from({ length: 40 }, (_, i) => status(i % 2 === 0 ? old : young)))
    expect(new Set(during)).toEqual(new Set([200]))
    expect(idp.seen.filter(({ url }) => url === '/jwks')).toHaveLength(2)

    // The old one goes: what it signed is refused after the next renewal, though it was known.
    answers.keys = (res) => json(res, { keys: [jwk(ec.publicKey, { kid: 'two' })] })
    time.now += 900_000
    expect([await status(young), await status(old)]).toEqual([200, 401])
  })

  it('J-12: is asked once by 1 000 invented key ids', async () => {
    await using bff = await setUp()
    const { access, get, idp, time } = bff
    const authorization = `Bearer ${access()}`
    expect((await get('/m/word', { authorization })).status).toBe(200)
    time.now += 5_000
    const [, body, signature] = access().split('.')
    for (let batch = 0; batch < 10; batch += 1) {
      const statuses = await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const head = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', kid: `invented-${batch}-${i}` }))
          const response = await get('/m/word', {
            authorization: `Bearer ${head.toString('base64url')}.${body}.${signature}`,
          })
          await response.body?.cancel()
          return response.status
        }),
      )
      expect(new Set(statuses)).toEqual(new Set([401]))
    }
    expect(idp.seen.filter(({ url }) => url === '/jwks')).toHaveLength(2)
    expect((await get('/m/word', { authorization })).status).toBe(200)
  })
})
