import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../../test/exchange.ts'
import type { Composed, Guard } from '../exchange.ts'
import { problem } from '../problem.ts'
import { Fault } from '../road/fault.ts'
import { batch, type BatchCore } from './batch.ts'

type Dispatch = BatchCore['dispatch']
type Inner = Parameters<Dispatch>[1]

const open: Guard = () => ({})

const route = batch('POST /m/batch', { guard: open, most: 4 })

const exchange = exchangeOf({ method: 'POST', path: '/m/batch' })

/** What is answered to a batch of these parts; rejects with what the route throws. */
async function ask(dispatch: Dispatch, parts: unknown, headers: Record<string, string> = {}, destroyed = false) {
  const body = JSON.stringify({ parts })
  const length = String(Buffer.byteLength(body))
  const req = Object.assign(Readable.from([Buffer.from(body)]), {
    headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
  }) as unknown as IncomingMessage
  const out: { status?: number; headers?: Record<string, unknown>; text?: string } = {}
  const res = {
    destroyed,
    writeHead: (status: number, own: Record<string, unknown>) => Object.assign(out, { status, headers: own }),
    end: (text: string) => Object.assign(out, { text }),
  } as unknown as ServerResponse
  await route.bind({ dispatch })(exchange, req, res, {})
  return { ...out, parts: out.text === undefined ? undefined : (JSON.parse(out.text) as { parts: unknown[] }).parts }
}

const get = (id: string, path = `/m/${id}`, headers = {}) => ({ id, method: 'GET', path, headers })

const ok = (body: unknown, headers: Composed['headers'] = {}): Composed => ({ status: 200, headers, body })

describe('batch', () => {
  it('answers in the order asked, whichever comes first', async () => {
    const gates = new Map<string, () => void>()
    const dispatch: Dispatch = ({ traceId }, { url }) =>
      new Promise((resolve) => gates.set(url, () => resolve(ok({ url, traceId }))))
    const answer = ask(dispatch, [get('a'), get('b'), get('c')])
    while (gates.size < 3) await new Promise(setImmediate)
    for (const url of ['/m/c', '/m/a', '/m/b']) gates.get(url)!()
    expect((await answer).parts).toMatchObject(
      ['a', 'b', 'c'].map((id) => ({ id, status: 200, body: { url: `/m/${id}`, traceId: exchange.traceId } })),
    )
  })

  it('hands each part on with what it said, and nothing that another said', async () => {
    const seen: Inner[] = []
    await ask(
      (_outer, inner) => {
        seen.push(inner)
        return Promise.resolve(ok(null))
      },
      [
        get('a', '/m/a?q=1', { 'if-none-match': '"1"' }),
        { id: 'b', method: 'PUT', path: '/m/b', headers: { 'idempotency-key': 'key-of-b1' }, body: { n: 1 } },
        get('c'),
      ],
    )
    expect(seen).toEqual([
      { method: 'GET', url: '/m/a?q=1', headers: { 'if-none-match': '"1"' }, body: undefined },
      { method: 'PUT', url: '/m/b', headers: { 'idempotency-key': 'key-of-b1' }, body: { n: 1 } },
      { method: 'GET', url: '/m/c', headers: {}, body: undefined },
    ])
  })

  it.each<[string, unknown, number, string]>([
    ['a problem', problem(404, 'order-not-found'), 404, 'order-not-found'],
    ['a fault of an upstream', new Fault('timeout', 'orders'), 504, 'upstream-timeout'],
    ['a bug', new TypeError('x is not a function'), 500, 'internal-error'],
    ['no error', 'thrown', 500, 'internal-error'],
  ])('answers a part that ends in %s with its problem, and the others as ever', async (_what, thrown, status, code) => {
    const dispatch: Dispatch = (_outer, { url }) => {
      if (url === '/m/b') throw thrown
      return Promise.resolve(ok({ url }))
    }
    const { status: whole, parts } = await ask(dispatch, [get('a'), get('b'), get('c')])
    expect(whole).toBe(200)
    expect(parts).toMatchObject([
      { id: 'a', status: 200, body: { url: '/m/a' } },
      { id: 'b', status, body: { status, code, traceId: exchange.traceId } },
      { id: 'c', status: 200, body: { url: '/m/c' } },
    ])
    expect(JSON.stringify(parts)).not.toContain('not a function')
  })

  it('says which bytes a read answered, and does not send what the client has', async () => {
    const dispatch: Dispatch = () => Promise.resolve(ok({ n: 1 }))
    const [first] = (await ask(dispatch, [get('a')])).parts as [{ headers: { etag: string } }]
    expect(first).toEqual({ id: 'a', status: 200, headers: { etag: expect.stringMatching(/^".+"$/) }, body: { n: 1 } })
    const { etag } = first.headers
    expect((await ask(dispatch, [get('a', '/m/a', { 'if-none-match': etag })])).parts).toEqual([
      { id: 'a', status: 304, headers: { etag } },
    ])
  })

  it('tells of the headers of a part what a client needs, and no cookie', async () => {
    const headers = { location: '/m/orders/1', 'set-cookie': ['s=1'], 'cache-control': 'no-store', sunset: 'some day' }
    const created = () => Promise.resolve({ status: 201, headers, body: { id: 1 } })
    const write = { id: 'a', method: 'POST', path: '/m/orders', headers: { 'idempotency-key': 'key-of-a1' } }
    expect((await ask(created, [write])).parts).toEqual([
      { id: 'a', status: 201, headers: { location: '/m/orders/1', sunset: 'some day' }, body: { id: 1 } },
    ])
    const limited = () => Promise.reject(problem(429, 'rate-limited', { headers: { 'retry-after': '7' } }))
    expect((await ask(limited, [get('a')])).parts).toMatchObject([{ status: 429, headers: { 'retry-after': '7' } }])
  })

  it('has no body where a part has none', async () => {
    const gone = { id: 'a', method: 'DELETE', path: '/m/a', headers: { 'idempotency-key': 'key-of-a1' } }
    expect((await ask(() => Promise.resolve({ status: 204, headers: {} }), [gone])).parts).toEqual([
      { id: 'a', status: 204 },
    ])
  })

  it('is kept by nobody, and its length is that of its bytes', async () => {
    const { headers, text } = await ask(() => Promise.resolve(ok({ name: 'Käse ☕' })), [get('ä')])
    expect(headers).toEqual({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'content-length': Buffer.byteLength(text!),
    })
  })

  it('says nothing to a client that has left', async () => {
    expect(await ask(() => Promise.resolve(ok(1)), [get('a')], {}, true)).toEqual({ parts: undefined })
  })

  it.each<[string, unknown, Record<string, string>, number, string]>([
    ['what is no batch', 'parts', {}, 422, 'validation'],
    ['more parts than it may have', ['a', 'b', 'c', 'd', 'e'].map((id) => get(id)), {}, 422, 'validation'],
    ['one wrong part among right ones', [get('a'), { ...get('b'), method: 'TRACE' }], {}, 422, 'validation'],
    ['65 537 bytes', [get('a')], { 'content-length': '65537' }, 413, 'content-too-large'],
    ['what is no JSON', [get('a')], { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
  ])('refuses %s before any part has run', async (_what, parts, headers, status, code) => {
    let ran = 0
    const dispatch = () => Promise.resolve(ok(ran++))
    await expect(ask(dispatch, parts, headers)).rejects.toMatchObject({ status, code })
    expect(ran).toBe(0)
  })

  it('cannot be a part of a batch itself', () => {
    expect(route.bindCompose).toBeUndefined()
  })
})
