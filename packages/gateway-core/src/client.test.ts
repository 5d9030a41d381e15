import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { type ClientOptions, ClientProblem, cookie, createClient, type Deprecation } from './client.ts'
import type { Contract } from './contract.ts'
import { json, upstream } from './testing.ts'

const things = {
  'GET /things/:id': {
    query: z.object({ q: z.string().optional() }),
    out: z.object({ name: z.string() }),
    errors: { 'thing-lost': 410 },
  },
  'HEAD /things/:id': {},
  'PUT /things/:id': { body: z.object({ size: z.int() }) },
  'POST /things': { body: z.object({ size: z.int() }), headers: z.object({ 'idempotency-key': z.string() }) },
} as const satisfies Contract

type Handle = (req: IncomingMessage, res: ServerResponse) => void

/** A server that answers by `handle`, and a client whose waits are recorded instead of awaited. */
async function listen(handle: Handle) {
  const server = await upstream(handle)
  const waits: number[] = []
  const clock = {
    now: () => Date.parse('2027-01-31T00:00:00Z'),
    random: () => 0.5,
    wait: async (ms: number) => waits.push(ms),
  }
  return {
    waits,
    baseUrl: server.url,
    get seen() {
      return server.seen.map(({ method, url }) => `${method} ${url}`)
    },
    client: (options?: ClientOptions) => createClient<typeof things>({ baseUrl: server.url, ...options }, clock),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const answer =
  (status: number, body: unknown): Handle =>
  (_req, res) =>
    json(res, body, status)

const failure = async (call: Promise<unknown>): Promise<unknown> => {
  const nothing = Symbol('nothing')
  const error: unknown = await call.then(
    () => nothing,
    (reason: unknown) => reason,
  )
  expect(error).not.toBe(nothing)
  return error
}

describe('what is sent', () => {
  it('is the operation, filled with the input', async () => {
    await using server = await listen(answer(200, { name: 'lamp' }))
    const client = server.client({ baseUrl: `${server.baseUrl}/` })
    await expect(client('GET /things/:id', { id: 'a/b', q: 'x&y' })).resolves.toEqual({ name: 'lamp' })
    expect(server.seen).toEqual(['GET /things/a%2Fb?q=x%26y'])
  })

  it('carries a JSON body, and headers from the client, its options and the call', async () => {
    let sent: { headers: IncomingMessage['headers']; body: unknown } | undefined
    await using server = await listen(async (req, res) => {
      sent = { headers: req.headers, body: JSON.parse(Buffer.concat(await req.toArray()).toString()) }
      res.writeHead(204).end()
    })
    const client = server.client({ as: cookie(), headers: async (operation) => ({ 'x-for': operation }) })
    const input = { body: { size: 3 }, headers: { 'idempotency-key': 'k' } }
    await expect(client('POST /things', input)).resolves.toBeUndefined()
    expect(sent?.body).toEqual({ size: 3 })
    expect(sent?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/json',
      'x-csrf': '1',
      'x-for': 'POST /things',
      'idempotency-key': 'k',
    })
  })

  it('carries no content type without a body, and X-CSRF even where nothing changes', async () => {
    let headers: IncomingMessage['headers'] = {}
    await using server = await listen((req, res) => {
      headers = req.headers
      answer(200, {})(req, res)
    })
    await server.client({ as: cookie() })('GET /things/:id', { id: '1' })
    expect(headers).not.toHaveProperty('content-type')
    expect(headers).toHaveProperty('x-csrf', '1')
  })

  it('is nothing when the input cannot be a path', async () => {
    await using server = await listen(answer(200, {}))
    await expect(server.client()('GET /things/:id', { id: '..' })).rejects.toThrow(TypeError)
    expect(server.seen).toEqual([])
  })

  it('is nothing when the headers cannot be had; the call then fails with their error', async () => {
    await using server = await listen(answer(200, {}))
    const signedOut = new Error('signed out')
    const client = server.client({ headers: () => Promise.reject(signedOut) })
    expect(await failure(client('GET /things/:id', { id: '1' }))).toBe(signedOut)
    expect(server.seen).toEqual([])
  })
})

describe('a problem', () => {
  it('is thrown as the server wrote it, and told of once', async () => {
    const told: ClientProblem[] = []
    await using server = await listen(
      answer(401, {
        type: 'urn:problem:session-required',
        title: 'Session required',
        status: 401,
        code: 'session-required',
        detail: 'Nobody is signed in.',
        errors: [{ pointer: '/query/q', detail: 'too long' }],
        traceId: 'abc',
        loginUrl: '/bff/login',
      }),
    )
    const client = server.client({ onProblem: (problem) => told.push(problem) })
    const error = await failure(client('GET /things/:id', { id: '1' }))
    expect(error).toBeInstanceOf(ClientProblem)
    expect(error).toMatchObject({
      operation: 'GET /things/:id',
      message: 'Nobody is signed in.',
      status: 401,
      code: 'session-required',
      title: 'Session required',
      detail: 'Nobody is signed in.',
      errors: [{ pointer: '/query/q', detail: 'too long' }],
      traceId: 'abc',
      extra: { loginUrl: '/bff/login' },
    })
    expect(told).toEqual([error])
    expect(server.seen).toHaveLength(1)
  })

  it('P-3: has no member of the wrong type, and keeps what it does not know', async () => {
    await using server = await listen(
      answer(422, {
        code: 'validation',
        title: 7,
        detail: { of: 'another kind' },
        traceId: null,
        status: 'late',
        errors: [null, 'wrong', { pointer: 1, detail: 'wrong' }, { pointer: '/query/q', detail: 'too long' }],
        balance: 3,
      }),
    )
    const problem = await failure(server.client()('GET /things/:id', { id: '1' }))
    expect(problem).toMatchObject({ status: 422, title: 'validation', extra: { balance: 3 } })
    expect(problem).toMatchObject({ errors: [{ pointer: '/query/q', detail: 'too long' }] })
    expect(problem).toMatchObject({ detail: undefined, traceId: undefined })
  })

  it.each<[number, string]>([
    [500, '<h1>Oops</h1>'],
    [500, '{"error":"not a problem"}'],
    [500, '{"code":42,"title":"of another kind"}'],
    [500, 'null'],
    [200, '{"name":"cut o'],
    [200, ''],
  ])('%i with %j is an invalid answer', async (status, body) => {
    await using server = await listen((_req, res) => res.writeHead(status).end(body))
    expect(await failure(server.client()('GET /things/:id', { id: '1' }))).toMatchObject({
      name: 'ClientProblem',
      code: 'invalid-answer',
      status,
    })
    expect(server.seen).toHaveLength(1)
  })
})

describe('a network error', () => {
  it('is survived once by a GET', async () => {
    await using server = await listen((req, res) =>
      server.seen.length === 1 ? req.socket.destroy() : answer(200, { name: 'lamp' })(req, res),
    )
    await expect(server.client()('GET /things/:id', { id: '1' })).resolves.toEqual({ name: 'lamp' })
    expect(server.seen).toHaveLength(2)
  })

  it('is survived once by a GET whose answer broke off', async () => {
    await using server = await listen((req, res) => {
      if (server.seen.length > 1) return answer(200, { name: 'lamp' })(req, res)
      res.writeHead(200, { 'content-length': 100 })
      res.write('{"name":', () => req.socket.destroy())
    })
    await expect(server.client()('GET /things/:id', { id: '1' })).resolves.toEqual({ name: 'lamp' })
    expect(server.seen).toHaveLength(2)
  })

  it('is thrown when it comes twice', async () => {
    await using server = await listen((req) => req.socket.destroy())
    expect(await failure(server.client()('GET /things/:id', { id: '1' }))).toMatchObject({
      name: 'ClientProblem',
      code: 'network-error',
      status: 0,
      cause: { message: 'fetch failed' },
    })
    expect(server.seen).toHaveLength(2)
  })
})

const refusal =
  (status: number, retryAfter?: string): Handle =>
  (_req, res) =>
    res
      .writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
      .end(JSON.stringify({ code: 'upstream-unavailable' }))

describe('the one retry', () => {
  const get = (client: ReturnType<Awaited<ReturnType<typeof listen>>['client']>) =>
    client('GET /things/:id', { id: '1' })

  it.each<[string, Handle, number[]]>([
    ['502', refusal(502), [100]],
    ['503', refusal(503), [100]],
    ['504', refusal(504), [100]],
    ['429', refusal(429), [100]],
    ['503, in a second', refusal(503, '1'), [1_100]],
    ['429, in two', refusal(429, '2'), [2_100]],
    ['503, on a date', refusal(503, 'Sun, 31 Jan 2027 00:00:02 GMT'), [2_100]],
    ['503, on a date that is over', refusal(503, 'Sat, 30 Jan 2027 00:00:00 GMT'), [100]],
    ['503, at no time one can read', refusal(503, 'soon'), [100]],
    ['a broken connection', (req) => req.socket.destroy(), [100]],
  ])('follows %s', async (_, refuse, waits) => {
    await using server = await listen((req, res) =>
      server.seen.length === 1 ? refuse(req, res) : json(res, { name: 'lamp' }),
    )
    await expect(get(server.client())).resolves.toEqual({ name: 'lamp' })
    expect([server.seen.length, server.waits]).toEqual([2, waits])
  })

  it.each<[string, Handle]>([
    ['400', refusal(400)],
    ['401', refusal(401)],
    ['403', refusal(403, '1')],
    ['404', refusal(404)],
    ['408', refusal(408)],
    ['409', refusal(409)],
    ['500', refusal(500)],
    ['501', refusal(501)],
    ['503, in three seconds', refusal(503, '3')],
    ['429, tomorrow', refusal(429, 'Mon, 01 Feb 2027 00:00:00 GMT')],
    ['a 200 that is no JSON', (_req, res) => res.end('<html>')],
  ])('does not follow %s', async (_, refuse) => {
    await using server = await listen(refuse)
    await failure(get(server.client()))
    expect([server.seen.length, server.waits]).toEqual([1, []])
  })

  it('is one: what fails twice is thrown, and tells how long to wait', async () => {
    await using server = await listen(refusal(503, '2'))
    expect(await failure(get(server.client()))).toMatchObject({ code: 'upstream-unavailable', retryAfter: 2_000 })
    expect(server.seen).toHaveLength(2)
  })

  it('H-6: is given to a write that carries an Idempotency-Key, under the same key', async () => {
    const keys: unknown[] = []
    await using server = await listen((req, res) => {
      keys.push(req.headers['idempotency-key'])
      if (keys.length === 1) req.socket.destroy()
      else res.writeHead(204).end()
    })
    await server.client()('POST /things', { body: { size: 1 }, headers: { 'idempotency-key': 'k' } })
    expect(keys).toEqual(['k', 'k'])
  })

  it.each<[string, Handle]>([
    ['a broken connection', (req) => req.socket.destroy()],
    ['503', refusal(503)],
    ['429', refusal(429, '1')],
  ])('H-6: is not given to any other write, after %s', async (_, refuse) => {
    await using server = await listen(refuse)
    await failure(server.client()('PUT /things/:id', { id: '1', body: { size: 1 } }))
    expect([server.seen.length, server.waits]).toEqual([1, []])
  })

  it('is given to HEAD, whose answer has no body', async () => {
    await using server = await listen((req, res) =>
      server.seen.length === 1 ? req.socket.destroy() : res.writeHead(200, { 'content-length': 9 }).end(),
    )
    await expect(server.client()('HEAD /things/:id', { id: '1' })).resolves.toBeUndefined()
    expect(server.seen).toHaveLength(2)
  })
})

describe('an abort', () => {
  const reason = new Error('the page was left')

  it('ends the call with its own reason, told of to nobody and not retried', async () => {
    const abort = new AbortController()
    const told: ClientProblem[] = []
    await using server = await listen(() => abort.abort(reason))
    const client = server.client({ onProblem: (problem) => told.push(problem) })
    expect(await failure(client.with({ signal: abort.signal })('GET /things/:id', { id: '1' }))).toBe(reason)
    expect(told).toEqual([])
    expect(server.seen).toHaveLength(1)
  })

  it('cancels the request itself', async () => {
    const abort = new AbortController()
    const left = Promise.withResolvers<void>()
    await using server = await listen((_req, res) => {
      res.once('close', left.resolve)
      abort.abort(reason)
    })
    await failure(server.client().with({ signal: abort.signal })('GET /things/:id', { id: '1' }))
    await left.promise
  })

  it('before the call keeps it from being sent', async () => {
    await using server = await listen(answer(200, {}))
    const signal = AbortSignal.abort(reason)
    let asked = 0
    const client = server.client({ headers: () => ({ 'x-nth': String((asked += 1)) }) })
    expect(await failure(client.with({ signal })('GET /things/:id', { id: '1' }))).toBe(reason)
    expect([server.seen, asked]).toEqual([[], 0])
  })

  it('ends the wait for the retry, which is then not made', async () => {
    const abort = new AbortController()
    const waiting = Promise.withResolvers<void>()
    await using server = await upstream(refusal(503))
    const client = createClient<typeof things>(
      { baseUrl: server.url },
      { now: Date.now, random: () => 0, wait: () => (abort.abort(reason), waiting.promise) },
    )
    expect(await failure(client.with({ signal: abort.signal })('GET /things/:id', { id: '1' }))).toBe(reason)
    waiting.resolve()
    await new Promise((resolve) => setImmediate(resolve))
    expect(server.seen).toHaveLength(1)
  })
})

describe('is', () => {
  it('knows why an operation failed, and only that one', async () => {
    await using server = await listen((req, res) =>
      json(res, { code: req.method === 'GET' ? 'thing-lost' : 'rate-limited' }, 410),
    )
    const client = server.client()
    const error = await failure(client('GET /things/:id', { id: '1' }))
    const other = await failure(client('PUT /things/:id', { id: '1', body: { size: 1 } }))
    expect([
      client.is(error, 'GET /things/:id', 'thing-lost'),
      client.is(error, 'GET /things/:id', 'network-error', 'thing-lost'),
      client.is(error, 'GET /things/:id', 'network-error'),
      client.is(other, 'PUT /things/:id', 'rate-limited'),
      client.is(other, 'GET /things/:id', 'rate-limited'),
      client.is({ ...other!, name: 'ClientProblem' }, 'PUT /things/:id', 'rate-limited'),
    ]).toEqual([true, true, false, true, false, false])
  })
})

describe('a deprecated operation', () => {
  it('is told of once, with its dates', async () => {
    const told: Deprecation[] = []
    await using server = await listen((req, res) => {
      if (req.method === 'GET') {
        res.setHeader('deprecation', '@1798761600')
        res.setHeader('sunset', 'Wed, 30 Jun 2027 00:00:00 GMT')
      }
      json(res, { name: 'lamp' })
    })
    const client = server.client({ onDeprecated: (deprecation) => told.push(deprecation) })
    await client('GET /things/:id', { id: '1' })
    await client('GET /things/:id', { id: '2' })
    await client('PUT /things/:id', { id: '2', body: { size: 1 } })
    expect(told).toEqual([
      {
        operation: 'GET /things/:id',
        since: new Date('2027-01-01T00:00:00Z'),
        sunset: new Date('2027-06-30T00:00:00Z'),
      },
    ])
  })

  it('may have no end yet, or a beginning nobody can read', async () => {
    const told: Deprecation[] = []
    await using server = await listen((_req, res) => {
      res.setHeader('deprecation', 'true')
      json(res, { code: 'gone' }, 410)
    })
    await failure(server.client({ onDeprecated: (one) => told.push(one) })('GET /things/:id', { id: '1' }))
    expect(told).toEqual([{ operation: 'GET /things/:id', since: undefined, sunset: undefined }])
  })
})
