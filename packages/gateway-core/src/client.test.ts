import { describe, expect, it } from '@jest/globals'
import type { RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { ClientProblem, createClient } from './client.ts'
import type { Contract } from './contract.ts'
import { json, upstream } from './testing.ts'

const contract = {
  'GET /items/:id': { out: z.object({ id: z.string() }) },
  'PUT /items/:id': { body: z.object({ name: z.string() }), out: z.object({ id: z.string() }) },
  'DELETE /items/:id': {},
} as const satisfies Contract

async function setUp(handler: RequestListener, options: Parameters<typeof createClient>[0] = {}) {
  const server = await upstream(handler)
  return {
    client: createClient<typeof contract>({ baseUrl: server.url, ...options }),
    seen: server.seen,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

describe('a client', () => {
  it('sends what the contract says and hands back what it gets', async () => {
    let body = ''
    await using t = await setUp(
      async (req, res) => {
        body = await text(req)
        json(res, { id: 'a b' })
      },
      { csrf: true, headers: () => ({ authorization: 'Bearer x' }) },
    )
    expect(await t.client('PUT /items/:id', { id: 'a b', body: { name: 'n' } })).toEqual({ id: 'a b' })
    expect(body).toBe('{"name":"n"}')
    expect(t.seen[0]).toMatchObject({ method: 'PUT', url: '/items/a%20b' })
    expect(t.seen[0]!.headers).toMatchObject({ 'x-csrf': '1', authorization: 'Bearer x', 'content-type': 'application/json' })
  })

  it('has nothing to hand back after 204', async () => {
    await using t = await setUp((_req, res) => res.writeHead(204).end())
    expect(await t.client('DELETE /items/:id', { id: 'a' })).toBeUndefined()
  })

  it('throws a problem with all its members', async () => {
    const problem = { code: 'session-required', title: 'Session required', detail: 'Sign in.', traceId: 't', loginUrl: '/bff/login' }
    await using t = await setUp((_req, res) => json(res, problem, 401, 'application/problem+json'))
    const failed = await t.client('GET /items/:id', { id: 'a' }).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(ClientProblem)
    expect(failed).toMatchObject({ status: 401, code: 'session-required', message: 'Session required', detail: 'Sign in.', traceId: 't', members: { loginUrl: '/bff/login' } })
  })

  it('calls an answer that is no JSON invalid', async () => {
    await using t = await setUp((_req, res) => res.end('<html>'))
    await expect(t.client('GET /items/:id', { id: 'a' })).rejects.toMatchObject({ code: 'invalid-answer', status: 200 })
  })

  it('reads once more when it was not heard, and never writes twice', async () => {
    let count = 0
    await using t = await setUp((req, res) => (++count === 1 ? void req.socket.destroy() : json(res, { id: 'a' })))
    expect(await t.client('GET /items/:id', { id: 'a' })).toEqual({ id: 'a' })
    count = 0
    await expect(t.client('DELETE /items/:id', { id: 'a' })).rejects.toMatchObject({ code: 'network-error', status: 0 })
    expect(count).toBe(1)
  })

  it('ends when its signal aborts', async () => {
    const reached = Promise.withResolvers<void>()
    await using t = await setUp(() => reached.resolve())
    const abort = new AbortController()
    const call = t.client.with({ signal: abort.signal })('GET /items/:id', { id: 'a' })
    await reached.promise
    abort.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  })
})
