import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { open, signedIn } from '../src/auth.ts'
import type { Contract } from '../src/contract.ts'
import { appVersion } from '../src/edge/app-version.ts'
import { gateway, problem } from '../src/index.ts'
import { batch } from '../src/screen/batch.ts'
import { json, signedInAs, upstream } from '../src/testing.ts'
import { silent } from './exchange.ts'
import { listen } from './listen.ts'
import { plainTokens } from './tokens.ts'

const Item = z.object({ id: z.string() })

const items = {
  'GET /items/:id': { out: Item, errors: { 'item-not-found': 404 } },
  'PUT /items/:id': { body: z.object({ n: z.int() }), out: Item },
} as const satisfies Contract

/** Asked with the token of whoever asks. */
const people = { 'GET /me': { out: z.object({ token: z.string() }) } } as const satisfies Contract

const front = {
  'GET /m/items/:id': {
    auth: 'open',
    query: z.object({ size: z.coerce.number<number>().int().max(10).default(3) }),
    out: Item.extend({ size: z.number() }),
    errors: { 'item-not-found': 404 },
  },
  'PUT /m/items/:id': {
    body: z.object({ n: z.int() }),
    headers: z.object({ 'idempotency-key': z.string() }),
    out: z.object({ key: z.string() }),
  },
  'GET /m/me': { out: z.object({ id: z.string(), token: z.string() }) },
} as const satisfies Contract

const { screen, forward, app } = gateway(
  front,
  { items, people },
  { items: { timeout: 500 }, people: { token: 'user' } },
  { budget: 1_500 },
)

const routes = [
  screen('GET /m/items/:id', {
    guard: open,
    parts: ({ params, query, from }) => ({
      item: from.items('GET /items/:id', { id: params.id }),
      size: Promise.resolve(query.size),
    }),
    view: ({ item, size }) => ({ ...item, size }),
  }),
  screen('PUT /m/items/:id', {
    guard: signedIn,
    parts: ({ headers }) => ({ key: Promise.resolve(headers['idempotency-key']) }),
    view: ({ key }) => ({ key }),
  }),
  screen('GET /m/me', {
    guard: signedIn,
    parts: ({ user, from }) => ({ id: Promise.resolve(user.id), me: from.people('GET /me') }),
    view: ({ id, me }) => ({ id, token: me.token }),
  }),
  forward('/m/files', 'items', { guard: open }),
  batch('POST /m/batch', { guard: open }),
]

const gate = appVersion({ minimum: '2.0.0', latest: '2.0.0', storeUrl: 'https://store.example', exempt: ['/m/batch'] })

/** One server is both services. */
const start = (items: string) =>
  listen(
    app(routes, {
      upstreams: { items, people: items },
      tokens: plainTokens,
      log: silent,
      gate,
      limits: { user: { name: 'user', quota: 4, window: 3_600_000 }, onStoreError: 'closed' },
      authenticate: ({ headers: { authorization } }) =>
        authorization === undefined
          ? Promise.reject(problem(401, 'token-missing'))
          : Promise.resolve(signedInAs(authorization)),
    }),
  )

const shelf = () =>
  upstream((req, res) => {
    const id = req.url!.slice('/items/'.length)
    if (id === 'slow') return
    if (id === 'none') json(res, { code: 'item-not-found', status: 404 }, 404, 'application/problem+json')
    else json(res, req.url === '/me' ? { token: req.headers.authorization } : { id })
  })

interface Part {
  readonly id: string
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: Record<string, unknown>
}

async function ask(url: string, parts: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}/m/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ parts }),
  })
  const body = (await answer.json()) as { parts: Part[]; code?: string }
  return { status: answer.status, code: body.code, parts: body.parts, trace: answer.headers.get('x-trace-id') }
}

const get = (id: string, path: string, headers = {}) => ({ id, method: 'GET', path, headers })
const put = (id: string, body: unknown, key = 'key-of-part') => ({
  id,
  method: 'PUT',
  path: `/m/items/${id}`,
  headers: { 'idempotency-key': key },
  body,
})

describe('a batch', () => {
  it('answers each part as it would have been answered alone', async () => {
    await using items = await shelf()
    await using bff = await start(items.url)
    const paths = ['/m/items/1?size=4', '/m/items/none', '/m/items/1?size=11', '/m/me', '/m/nowhere', '/m/items/1']
    const { parts } = await ask(
      bff.url,
      paths.map((path, at) => get(String(at), path)),
    )
    for (const [at, path] of paths.entries()) {
      const alone = await fetch(bff.url + path)
      const { traceId: _other, ...body } = (await alone.json()) as Record<string, unknown>
      expect(parts[at]).toMatchObject({ id: String(at), status: alone.status, body })
      expect(parts[at]!.headers?.['etag'] ?? null).toBe(alone.headers.get('etag'))
    }
    expect(parts.map(({ status }) => status)).toEqual([200, 404, 422, 401, 404, 200])
  })

  it('does not send a part that the client has', async () => {
    await using items = await shelf()
    await using bff = await start(items.url)
    const etag = (await fetch(`${bff.url}/m/items/1`)).headers.get('etag')!
    const { parts } = await ask(bff.url, [
      get('a', '/m/items/1', { 'if-none-match': etag }),
      get('b', '/m/items/1', { 'if-none-match': '"old"' }),
    ])
    expect(parts).toEqual([
      { id: 'a', status: 304, headers: { etag } },
      { id: 'b', status: 200, headers: { etag }, body: { id: '1', size: 3 } },
    ])
  })

  it('is that of one user: whoever sends it is who each part sees, and whose token travels', async () => {
    await using items = await shelf()
    await using bff = await start(items.url)
    const { parts } = await ask(bff.url, [get('a', '/m/me'), get('b', '/m/me')], { authorization: 'u1' })
    const u1 = { id: 'u1', token: 'Bearer token-of-u1' }
    expect(parts.map(({ body }) => body)).toEqual([u1, u1])
    const other = await ask(bff.url, [get('a', '/m/me', { authorization: 'u2' })], { authorization: 'u1' })
    expect([other.status, other.code]).toEqual([422, 'validation'])
  })

  it('writes with the key of the part, never with that of the batch', async () => {
    await using items = await shelf()
    await using bff = await start(items.url)
    const { parts } = await ask(bff.url, [put('a', { n: 1 }, 'key-of-a'), put('b', { n: 'x' }), put('c', undefined)], {
      authorization: 'u1',
      'idempotency-key': 'key-of-batch',
    })
    expect(parts).toMatchObject([
      { status: 200, body: { key: 'key-of-a' } },
      { status: 422, body: { code: 'validation', errors: [{ pointer: '/body/n' }] } },
      { status: 422, body: { code: 'validation' } },
    ])
    const keyless = await ask(bff.url, [{ ...put('a', { n: 1 }), headers: {} }], {
      authorization: 'u1',
      'idempotency-key': 'key-of-batch',
    })
    expect([keyless.status, keyless.code]).toEqual([422, 'validation'])
  })

  it.each([
    ['itself', { ...put('a', { parts: [] }), method: 'POST', path: '/m/batch' }, 400, 'not-batchable'],
    ['itself under another spelling', { ...put('a', {}), method: 'POST', path: '/m/b%61tch' }, 400, 'not-batchable'],
    ['what is streamed', get('a', '/m/files/items/1'), 400, 'not-batchable'],
    ['a path with two readings', get('a', '/m/items/..%2fme'), 400, 'invalid-path'],
    ['a path to elsewhere', get('a', '//elsewhere.example/m/me'), 400, 'invalid-path'],
    ['another method', { ...put('a', {}), method: 'PATCH' }, 405, 'method-not-allowed'],
  ])('answers a part for %s with a problem, and the next as ever', async (_what, part, status, code) => {
    await using items = await shelf()
    await using bff = await start(items.url)
    const { parts } = await ask(bff.url, [part, get('next', '/m/items/1')])
    expect(parts).toMatchObject([
      { id: 'a', status, body: { status, code, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) } },
      { id: 'next', status: 200 },
    ])
    expect(items.seen.map(({ url }) => url)).toEqual(['/items/1'])
  })

  it('ends with the slowest part, which fails alone', async () => {
    await using items = await shelf()
    await using bff = await start(items.url)
    const { status, parts } = await ask(bff.url, [get('a', '/m/items/slow'), get('b', '/m/items/2')])
    expect(status).toBe(200)
    expect(parts).toMatchObject([
      { id: 'a', status: 504, body: { code: 'upstream-timeout', source: 'items' } },
      { id: 'b', status: 200, body: { id: '2' } },
    ])
  })

  it('takes from a limit what its parts would take alone', async () => {
    await using items = await shelf()
    await using bff = await start(items.url)
    const parts = Array.from({ length: 6 }, (_, at) => get(String(at), '/m/me'))
    const answer = await ask(bff.url, parts, { authorization: 'u1' })
    const statuses = answer.parts.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(4)
    expect(answer.parts.find(({ status }) => status === 429)).toMatchObject({
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
      body: { code: 'rate-limited' },
    })
  })

  it('is no way around the gate of its parts', async () => {
    await using bff = await start('http://127.0.0.1:1')
    const { parts } = await ask(bff.url, [get('a', '/m/me')], { authorization: 'u1', 'x-app-version': '1.0.0' })
    expect(parts).toMatchObject([{ status: 403, body: { code: 'app-update-required' } }])
  })

  it('is refused past 64 KiB and past ten parts, and no part has run', async () => {
    await using items = await shelf()
    await using bff = await start(items.url)
    const many = Array.from({ length: 11 }, (_, at) => get(String(at), '/m/items/1'))
    expect(await ask(bff.url, many)).toMatchObject({ status: 422, code: 'validation' })
    const large = [get('a', '/m/items/1'), put('b', { n: 1, text: 'x'.repeat(65_536) })]
    expect(await ask(bff.url, large)).toMatchObject({ status: 413, code: 'content-too-large' })
    expect(items.seen).toEqual([])
  })
})
