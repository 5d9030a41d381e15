import type { Contract } from '@bff/gateway-core/contract'
import { problem } from '@bff/gateway-core/problem'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { type Handlers, type Running, serve, type Verify } from '../src/index.ts'
import { recorder } from './lines.ts'
import { boot } from './service.ts'

const contract = {
  'GET /notes': {
    auth: 'open',
    query: z.object({ limit: z.coerce.number<number>().int().max(9).default(5), tag: z.array(z.string()).optional() }),
    out: z.object({ limit: z.int(), tags: z.array(z.string()) }),
  },
  'GET /notes/:id': { out: z.object({ id: z.string(), owner: z.string() }), errors: { 'note-not-found': 404 } },
  'PUT /notes/:id': {
    status: 201,
    headers: z.object({ 'idempotency-key': z.string() }),
    body: z.object({ text: z.string().min(1), parts: z.array(z.object({ size: z.int() })).default([]) }),
    out: z.object({ text: z.string(), key: z.string() }),
  },
  'DELETE /notes/:id': {},
  'GET /all': { auth: 'service', out: z.object({ by: z.string() }) },
  'GET /crash': { auth: 'open', out: z.object({}) },
  'GET /slow': { auth: 'open', out: z.object({}) },
} as const satisfies Contract

const { log, lines } = recorder()
const aborted = Promise.withResolvers<void>()
const asked = Promise.withResolvers<void>()

const handlers: Handlers<typeof contract> = {
  'GET /notes': ({ query }) => ({ limit: query.limit, tags: query.tag ?? [] }),
  'GET /notes/:id': ({ params, user, setHeader }) => {
    if (params.id === 'none') throw problem(404, 'note-not-found')
    setHeader('x-note', 'yes')
    return { id: params.id, owner: user.id }
  },
  'PUT /notes/:id': ({ body, headers }) => ({ text: body.text, key: headers['idempotency-key'] }),
  'DELETE /notes/:id': () => {},
  'GET /all': ({ user }) => ({ by: user.id }),
  'GET /crash': () => {
    throw new Error('the password is swordfish')
  },
  'GET /slow': async ({ signal }) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => resolve())
    asked.resolve()
    await promise
    aborted.resolve()
    return {}
  },
}

const verify: Verify = async (kind, authorization) => {
  if (authorization !== `Bearer good-${kind}`) throw problem(401, 'token-invalid')
  return { id: `a ${kind}` }
}

let running: Running

beforeAll(async () => {
  running = await boot(
    serve(contract, handlers, {
      log,
      verify,
      raw: (req, res, next) => (req.path === '/raw' ? void res.end('raw') : next()),
    }),
  )
})

afterAll(async () => {
  await running[Symbol.asyncDispose]()
})

beforeEach(() => {
  lines.length = 0
})

const signedIn = { authorization: 'Bearer good-user' }

async function send(method: string, path: string, init: RequestInit = {}) {
  const answer = await fetch(running.url + path, { method, ...init })
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    type: answer.headers.get('content-type'),
    body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
  }
}

const put = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  send('PUT', '/notes/1', {
    body,
    headers: { ...signedIn, 'content-type': 'application/json', 'idempotency-key': 'k', ...headers },
  })

describe('a request that fits its contract', () => {
  it('reaches the handler coerced, with defaults filled in', async () => {
    expect(await send('GET', '/notes')).toMatchObject({ status: 200, body: { limit: 5, tags: [] } })
    expect((await send('GET', '/notes?limit=7&tag=a&tag=b')).body).toEqual({ limit: 7, tags: ['a', 'b'] })
  })

  it('is answered with the status, the headers and the body that the handler and the contract say', async () => {
    expect(await put('{"text":"hi"}')).toMatchObject({ status: 201, body: { text: 'hi', key: 'k' } })
    const { headers, type, body } = await send('GET', '/notes/a%2Fb', { headers: signedIn })
    expect([type, headers.get('x-note')]).toEqual(['application/json; charset=utf-8', 'yes'])
    expect(body).toEqual({ id: 'a/b', owner: 'a user' })
    expect(headers.has('x-powered-by') || headers.has('etag')).toBe(false)
  })

  it('is answered with nothing where the contract has no `out`', async () => {
    expect(await send('DELETE', '/notes/1', { headers: signedIn })).toMatchObject({ status: 204, body: undefined })
  })

  it('may be a HEAD for every GET', async () => {
    const { status, headers, body } = await send('HEAD', '/notes')
    expect([status, headers.get('content-length'), body]).toEqual([200, '21', undefined])
  })

  it('may be for what the contract does not describe', async () => {
    expect(await (await fetch(`${running.url}/raw`)).text()).toBe('raw')
  })
})

describe('a request that does not', () => {
  it('is told every fault and where it is', async () => {
    const { status, type, body } = await send('PUT', '/notes/1', {
      headers: { ...signedIn, 'content-type': 'application/json' },
      body: '{"text":"","parts":[{"size":1},{"size":"2"}]}',
    })
    expect([status, type]).toEqual([422, 'application/problem+json'])
    expect(body).toMatchObject({ code: 'validation', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) })
    const { errors } = body as { errors: { pointer: string }[] }
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      '/headers/idempotency-key',
      '/body/text',
      '/body/parts/1/size',
    ])
  })

  it('is told which value of the query', async () => {
    const { body } = await send('GET', '/notes?limit=ten')
    expect(body).toMatchObject({ errors: [{ pointer: '/query/limit' }] })
  })

  it.each([
    ['no JSON', '{"text":', {}, 400, 'invalid-json'],
    ['not UTF-8', Buffer.from('{"text":"\xff"}', 'latin1'), {}, 400, 'invalid-json'],
    ['nested too deep', `{"text":"hi","x":${'['.repeat(64)}${']'.repeat(64)}}`, {}, 400, 'invalid-json'],
    ['of another type', '{"text":"hi"}', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['compressed', '{"text":"hi"}', { 'content-encoding': 'gzip' }, 415, 'unsupported-media-type'],
    ['too large', JSON.stringify({ text: 'x'.repeat(102_400) }), {}, 413, 'content-too-large'],
  ])('is refused: a body that is %s', async (_, body, headers, status, code) => {
    expect(await put(body, headers)).toMatchObject({ status, body: { code } })
  })

  it('is refused: a body where there shall be none', async () => {
    const { status, body } = await send('DELETE', '/notes/1', { headers: signedIn, body: '{}' })
    expect([status, body]).toMatchObject([400, { code: 'unexpected-body' }])
  })

  it.each(['/nothing', '/notes/', '/Notes', '/notes/1/2'])('has no route: %s', async (path) => {
    expect(await send('GET', path)).toMatchObject({ status: 404, body: { code: 'route-not-found' } })
  })

  it.each(['PATCH', 'POST', 'OPTIONS'])('has no such method: %s', async (method) => {
    const { status, headers, body } = await send(method, '/notes/1')
    expect([status, body]).toMatchObject([405, { code: 'method-not-allowed' }])
    expect(headers.get('allow')).toBe('GET, PUT, DELETE, HEAD')
  })

  it('has a path that cannot be decoded', async () => {
    expect(await send('GET', '/notes/%zz')).toMatchObject({ status: 400, body: { code: 'malformed-request' } })
  })
})

describe('who calls', () => {
  it.each([
    ['/notes/1', undefined, 401],
    ['/notes/1', 'Bearer good-service', 401],
    ['/notes/1', 'Bearer good-user', 200],
    ['/all', undefined, 401],
    ['/all', 'Bearer good-user', 401],
    ['/all', 'Bearer good-service', 200],
    ['/notes', undefined, 200],
    ['/notes', 'Bearer nonsense', 200],
  ])('%s by %s: %d', async (path, authorization, status) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    expect((await send('GET', path, { headers })).status).toBe(status)
  })

  it('is asked before the request is looked at', async () => {
    expect((await send('PUT', '/notes/1', { body: 'not JSON' })).status).toBe(401)
  })

  it('must be askable where it matters: a contract that is not open does not start without', () => {
    expect(() => serve(contract, handlers, { log })).toThrow('GET /notes/:id is not open')
  })
})

describe('a handler', () => {
  it('that throws a problem answers it', async () => {
    const answer = await send('GET', '/notes/none', { headers: signedIn })
    expect(answer).toMatchObject({ status: 404, type: 'application/problem+json', body: { code: 'note-not-found' } })
  })

  it('that throws anything else tells the log, and nobody else', async () => {
    const { status, body } = await send('GET', '/crash')
    expect([status, body]).toMatchObject([500, { code: 'internal-error' }])
    expect(JSON.stringify(body)).not.toMatch(/swordfish|serve\.test/)
    expect(lines).toMatchObject([
      {
        level: 50,
        status: 500,
        err: { message: 'the password is swordfish', stack: expect.stringContaining('serve.test') },
      },
    ])
  })

  it('is told when its caller has gone', async () => {
    const caller = new AbortController()
    const gone = fetch(`${running.url}/slow`, { signal: caller.signal })
    await asked.promise
    caller.abort()
    await expect(gone).rejects.toThrow('aborted')
    await aborted.promise
  })
})

describe('the log', () => {
  it('has one line a request, in the trace that the caller began, without a credential', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
    const { body } = await send('GET', '/notes/none?secret=1', { headers: { ...signedIn, traceparent } })
    expect(body).toMatchObject({ traceId })
    expect(lines).toMatchObject([{ traceId, method: 'GET', path: '/notes/none', route: 'GET /notes/:id', status: 404 }])
    expect(JSON.stringify(lines)).not.toMatch(/good-user|secret/)
  })
})
