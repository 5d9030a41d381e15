import { describe, expect, it } from '@jest/globals'
import type { RequestListener } from 'node:http'
import { json, upstream } from '../src/testing.ts'
import { shop } from './shop.ts'

const item: RequestListener = (_req, res) => json(res, { id: 'a', name: 'Lamp', secret: 'internal' })
const hang: RequestListener = () => undefined

async function setUp(items: RequestListener, notes: RequestListener = (_req, res) => json(res, ['n'])) {
  const stack = new AsyncDisposableStack()
  const itemService = stack.use(await upstream(items))
  const noteService = stack.use(await upstream(notes))
  const bff = stack.use(await shop({ items: itemService.url, notes: noteService.url }))
  const get = (path: string, init: RequestInit = {}) => fetch(bff.url + path, init)
  return { get, itemService, noteService, bff, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

describe('a screen', () => {
  it('composes an answer, with what the contract says and nothing more', async () => {
    await using t = await setUp(item)
    const answer = await t.get('/api/items/a?size=7', { headers: { authorization: 'me' } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    // notes need a user, and this route signs nobody in: its part falls back.
    expect(await answer.json()).toEqual({ name: 'Lamp', size: 7, notes: [], meta: { parts: { notes: 'fallback' } } })
  })

  it('answers without an optional part, and fails without a required one', async () => {
    await using t = await setUp((req, res) => (req.url === '/items/a' ? item(req, res) : res.destroy()))
    expect((await t.get('/api/items/a')).status).toBe(200)
    expect((await t.get('/api/items/b')).status).toBe(502)
  })

  it('hands on an error that the contract names, as its own problem', async () => {
    await using t = await setUp((_req, res) => json(res, { code: 'item-not-found', detail: 'No such item.' }, 404))
    const answer = await t.get('/api/items/b')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toEqual({
      type: 'urn:problem:item-not-found',
      title: 'Item not found',
      status: 404,
      code: 'item-not-found',
      detail: 'No such item.',
      source: 'items',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })

  it.each<[string, RequestListener, number, string]>([
    ['an undeclared error', (_req, res) => json(res, { code: 'teapot' }, 418), 502, 'upstream-failed'],
    ['a failure', (_req, res) => json(res, { code: 'internal-error' }, 500), 502, 'upstream-failed'],
    ['our own token refused', (_req, res) => json(res, { code: 'token-invalid' }, 401), 502, 'upstream-failed'],
    ['no JSON', (_req, res) => res.end('<html>'), 502, 'upstream-failed'],
    ['JSON that breaks the contract', (_req, res) => json(res, { id: 1 }), 502, 'upstream-failed'],
    [
      'a redirect',
      (_req, res) => res.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      502,
      'upstream-failed',
    ],
    ['a reset', (req) => req.socket.destroy(), 502, 'upstream-failed'],
    [
      'half an answer',
      (req, res) => void res.writeHead(200, { 'content-length': 99 }).write('{', () => req.socket.destroy()),
      502,
      'upstream-failed',
    ],
    ['too large an answer', (_req, res) => json(res, { id: 'a', name: 'x'.repeat(1_100_000) }), 502, 'upstream-failed'],
    ['U-02: silence', hang, 504, 'upstream-timeout'],
    ['U-07: silence in mid-body', (_req, res) => void res.writeHead(200).write('{'), 504, 'upstream-timeout'],
  ])('answers %s with one problem', async (_, items, status, code) => {
    await using t = await setUp(items)
    const answer = await t.get('/api/items/a')
    const body = (await answer.json()) as Record<string, unknown>
    expect([answer.status, body['code'], body['source']]).toEqual([status, code, 'items'])
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|\\n|\.ts:|node:/)
  })

  it('U-01: answers 502 when nothing listens', async () => {
    const gone = await upstream(item)
    await gone[Symbol.asyncDispose]()
    await using bff = await shop({ items: gone.url, notes: gone.url })
    expect((await fetch(`${bff.url}/api/items/a`)).status).toBe(502)
  })

  it('tries a read again, and a write never', async () => {
    let calls = 0
    await using t = await setUp((req, res) => (++calls % 2 === 1 ? void req.socket.destroy() : item(req, res)))
    expect((await t.get('/api/items/a')).status).toBe(200)
    expect(calls).toBe(2)
    const init = {
      method: 'POST',
      body: '{"id":"a","name":"b"}',
      headers: { 'content-type': 'application/json', authorization: 'me' },
    }
    expect((await t.get('/api/items', init)).status).toBe(502)
    expect(calls).toBe(3)
  })

  it('tells services the deadline and the trace, and nothing a client sent', async () => {
    await using t = await setUp(item)
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await t.get('/api/items/a', { headers: { traceparent, cookie: 'sid=1', authorization: 'me', 'x-user-id': 'root' } })
    const [seen] = t.itemService.seen
    expect(seen!.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', accept: 'application/json' })
    expect(seen!.headers['traceparent']).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/)
    expect(Number(seen!.headers['x-deadline-ms'])).toBeLessThanOrEqual(1_500)
    for (const name of ['cookie', 'authorization', 'x-user-id']) expect(seen!.headers[name]).toBeUndefined()
  })

  it('aborts what it began when the client goes', async () => {
    const closed = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    await using t = await setUp((req) => {
      req.socket.once('close', () => closed.resolve())
      reached.resolve()
    })
    const client = new AbortController()
    const answer = t.get('/api/items/a', { signal: client.signal })
    await reached.promise
    client.abort()
    await expect(answer).rejects.toThrow()
    await closed.promise
  })
})

describe('what a client may do wrong', () => {
  const post = (body: string | Uint8Array<ArrayBuffer>, type = 'application/json') => ({
    method: 'POST',
    body,
    headers: { 'content-type': type, authorization: 'me' },
  })

  it.each<[string, string, RequestInit, number, string]>([
    ['an unknown route', '/api/nothing', {}, 404, 'route-not-found'],
    ['a path out of form', '/api/items/a%2fb', {}, 400, 'invalid-path'],
    ['nobody signed in', '/api/me', {}, 401, 'token-missing'],
    ['a query out of bounds', '/api/items/a?size=99', {}, 422, 'validation'],
    ['no JSON', '/api/items', post('{'), 400, 'invalid-json'],
    ['no UTF-8', '/api/items', post(new Uint8Array([0x22, 0xff, 0x22])), 400, 'invalid-json'],
    ['Z-10: JSON too deep', '/api/items', post('['.repeat(40) + ']'.repeat(40)), 400, 'invalid-json'],
    ['Z-13: another type', '/api/items', post('{}', 'text/plain'), 415, 'unsupported-media-type'],
    [
      'Z-13: another charset',
      '/api/items',
      post('{}', 'application/json; charset=utf-7'),
      415,
      'unsupported-media-type',
    ],
    ['Z-03: too large a body', '/api/items', post('x'.repeat(110_000)), 413, 'content-too-large'],
    ['a body that does not fit', '/api/items', post('{"id":1}'), 422, 'validation'],
  ])('%s', async (_, path, init, status, code) => {
    await using t = await setUp(item)
    const answer = await t.get(path, init)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toMatchObject({ code, status, traceId: expect.any(String) })
    expect(t.itemService.seen).toEqual([])
  })

  it('points at every fault of a body', async () => {
    await using t = await setUp(item)
    const body = (await (await t.get('/api/items', post('{"id":1}'))).json()) as { errors: { pointer: string }[] }
    expect(body.errors.map(({ pointer }) => pointer)).toEqual(['/body/id', '/body/name'])
  })

  it('names the methods a path takes', async () => {
    await using t = await setUp(item)
    const refused = await t.get('/api/items', { method: 'DELETE' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    const asked = await t.get('/api/items/a', { method: 'OPTIONS' })
    expect([asked.status, asked.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })

  it('answers HEAD like GET, without a body', async () => {
    await using t = await setUp(item)
    const answer = await t.get('/api/items/a', { method: 'HEAD' })
    expect(answer.status).toBe(200)
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0)
    expect(await answer.text()).toBe('')
  })
})
