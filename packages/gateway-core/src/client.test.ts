import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { type ClientOptions, ClientProblem, createClient } from './client.ts'
import type { Contract } from './contract.ts'

const things = {
  'GET /things/:id': { query: z.object({ q: z.string().optional() }), out: z.object({ name: z.string() }) },
  'POST /things': { body: z.object({ size: z.int() }), headers: z.object({ 'idempotency-key': z.string() }) },
} as const satisfies Contract

type Handle = (req: IncomingMessage, res: ServerResponse) => void

async function listen(handle: Handle) {
  const seen: string[] = []
  const server = createServer((req, res) => {
    seen.push(`${req.method} ${req.url}`)
    handle(req, res)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    seen,
    baseUrl,
    client: (options?: ClientOptions) => createClient<typeof things>({ baseUrl, ...options }),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const answer =
  (status: number, body: unknown): Handle =>
  (_req, res) =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

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
    const client = server.client({ csrf: true, headers: async () => ({ authorization: 'Bearer t' }) })
    const input = { body: { size: 3 }, headers: { 'idempotency-key': 'k' } }
    await expect(client('POST /things', input)).resolves.toBeUndefined()
    expect(sent?.body).toEqual({ size: 3 })
    expect(sent?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': 'application/json',
      'x-csrf': '1',
      authorization: 'Bearer t',
      'idempotency-key': 'k',
    })
  })

  it('carries neither a content type without a body, nor X-CSRF unasked', async () => {
    let headers: IncomingMessage['headers'] = {}
    await using server = await listen((req, res) => {
      headers = req.headers
      answer(200, {})(req, res)
    })
    await server.client()('GET /things/:id', { id: '1' })
    expect(headers).not.toHaveProperty('content-type')
    expect(headers).not.toHaveProperty('x-csrf')
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

  it.each<[number, string]>([
    [502, '<h1>Bad Gateway</h1>'],
    [500, '{"error":"not a problem"}'],
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

  it('is thrown at once by any other method', async () => {
    await using server = await listen((req) => req.socket.destroy())
    const input = { body: { size: 1 }, headers: { 'idempotency-key': 'k' } }
    expect(await failure(server.client()('POST /things', input))).toMatchObject({ code: 'network-error', status: 0 })
    expect(server.seen).toHaveLength(1)
  })
})

describe('an abort', () => {
  it('ends the call with its own reason, told of to nobody and not retried', async () => {
    const abort = new AbortController()
    const reason = new Error('the page was left')
    const told: ClientProblem[] = []
    await using server = await listen(() => abort.abort(reason))
    const client = server.client({ onProblem: (problem) => told.push(problem) })
    expect(await failure(client.with({ signal: abort.signal })('GET /things/:id', { id: '1' }))).toBe(reason)
    expect(told).toEqual([])
    expect(server.seen).toHaveLength(1)
  })
})
