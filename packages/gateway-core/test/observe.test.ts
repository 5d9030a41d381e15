import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import express, { type Express, type RequestHandler } from 'express'
import { pino } from 'pino'
import { serializers } from '../src/logger.ts'
import { accessLog, type AccessLogOptions, type Locals } from '../src/edge/access-log.ts'
import { within } from '../src/networks.ts'
import { notFound, problems } from '../src/edge/problems.ts'
import { metricsPage, privateNetworks, privatePages } from '../src/observe/endpoint.ts'
import { metrics } from '../src/observe/metrics.ts'
import { problem } from '../src/problem.ts'
import { eventually } from './door.ts'
import { say, wire } from './raw.ts'
import { json, upstream } from '../src/testing.ts'
import { identity, shop } from './shop.ts'

const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl'
const open: AsyncDisposable[] = []

afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]()
})

interface Line extends Record<string, unknown> {
  readonly level: number
  readonly path: string
}

/** An app behind an access log, the lines of which are kept as they were written. */
async function logged(routes: (app: Express) => void, options?: AccessLogOptions, level = 'info') {
  const written: string[] = []
  const log = pino({ level, base: null, serializers }, { write: (line) => void written.push(line) })
  const app = express().use(accessLog(log, options))
  routes(app)
  app.use(notFound, problems)
  const server = createServer(app)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  open.push({
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    written,
    async lines(count = 1): Promise<readonly Line[]> {
      await eventually(() => written.length >= count)
      return written.map((line) => JSON.parse(line) as Line)
    },
  }
}

const answer =
  (locals: Partial<Locals>, status = 200): RequestHandler =>
  (_req, res) => {
    Object.assign(res.locals, locals)
    res.status(status).end('hello')
  }

const fail =
  (error: unknown): RequestHandler =>
  () => {
    throw error
  }

describe('accessLog', () => {
  it('writes one wide line for one exchange', async () => {
    const exchange = { address: '192.0.2.7', identity, calls: [['orders', '2xx', 12] as const] }
    const t = await logged((app) => app.post('/orders/:id', answer({ route: '/orders/:id', exchange })))
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const headers = { traceparent, 'user-agent': 'shop/1.0', authorization: `Bearer ${jwt}`, cookie: 'sid=secret' }
    await fetch(`${t.url}/orders/42?code=secret`, { method: 'POST', headers, body: 'abc' })
    const [line] = await t.lines()
    const { ms, bytes, ...rest } = line!
    expect(rest).toEqual({
      level: 30,
      time: expect.any(Number),
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      method: 'POST',
      path: '/orders/42',
      route: '/orders/:id',
      status: 200,
      received: 3,
      user: 'u1',
      address: '192.0.2.7',
      agent: 'shop/1.0',
      calls: [['orders', '2xx', 12]],
      msg: 'exchange',
    })
    expect(ms).toBeGreaterThanOrEqual(0)
    expect(bytes).toBeGreaterThan('hello'.length)
  })

  it('tells of a failure what caused it, and who', async () => {
    const cause = new Error('connect ECONNREFUSED 10.0.0.9:80')
    const t = await logged((app) => app.use(fail(problem(502, 'upstream-failed', { source: 'orders', cause }))))
    expect((await fetch(`${t.url}/x`)).status).toBe(502)
    const [line] = await t.lines()
    expect(line).toMatchObject({ level: 50, status: 502, code: 'upstream-failed', source: 'orders' })
    expect(line!['err']).toEqual({ message: cause.message, stack: expect.stringContaining('observe.test') })
  })

  it('says 499 when the client left, with its address', async () => {
    const arrived = Promise.withResolvers<void>()
    const t = await logged((app) => app.use(() => arrived.resolve()))
    const line = await wire(t.url)
    line.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
    await arrived.promise
    await line[Symbol.asyncDispose]()
    expect((await t.lines())[0]).toMatchObject({ level: 30, status: 499, address: '127.0.0.1', path: '/slow' })
  })

  it('keeps chatter for those who debug', async () => {
    const chat = (app: Express) => app.use(answer({ chatter: true }))
    const [quiet, loud] = [await logged(chat), await logged(chat, {}, 'debug')]
    await fetch(quiet.url)
    await fetch(loud.url)
    expect((await loud.lines())[0]).toMatchObject({ level: 20 })
    expect(quiet.written).toEqual([])
  })

  it('starts traces anew for strangers', async () => {
    const t = await logged((app) => app.use(answer({})), { tracing: 'restart' })
    await fetch(t.url, { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } })
    const { traceId } = (await t.lines())[0]!
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(traceId).not.toBe('a'.repeat(32))
  })

  it('X-08: attacks become one escaped line of at most 8 KB', async () => {
    const cause = new Error(`${jwt}\n${`${'"\\'.repeat(5_000)}\n`.repeat(20)}`, {
      cause: new Error('\u001b[2J\r\n{"level":60}'),
    })
    const calls = Array.from({ length: 500 }, (_, nth) => [`upstream-${nth}`, 'malformed', 12_345.6] as const)
    const user = { ...identity.user, id: `\u001b${'"'.repeat(10_000)}` }
    const exchange = { address: '192.0.2.7', identity: { ...identity, user }, calls }
    const t = await logged((app) =>
      app.use((_req, res) => {
        Object.assign(res.locals, { exchange, route: '/api/orders/:id' })
        throw problem(502, 'upstream-failed', { source: 'orders', cause })
      }),
    )
    const path = `/${'"\\"'.repeat(1_000)}`
    const agent = `\u009b2J\u0085${'"\\\u00ff'.repeat(2_000)}`
    const head = `GET ${path}?code=secret HTTP/1.1\r\nhost: x\r\nuser-agent: ${agent}\r\ncookie: sid=secret\r\n`
    await say(t.url, Buffer.from(`${head}authorization: Bearer ${jwt}\r\nconnection: close\r\n\r\n`, 'latin1'))
    await t.lines()
    expect(t.written).toHaveLength(1)
    const [written] = t.written as [string]
    expect(Buffer.byteLength(written)).toBeLessThanOrEqual(8_192)
    expect(written).toMatch(/^[\x20-\x7e]+\n$/)
    expect(written).not.toMatch(/secret|eyJ|Bearer/)
  })

  it.each([
    ['a query', '/bff/callback?code=secret&state=secret'],
    ['an escaped query', '/bff/callback%3fcode=secret'],
    ['a path parameter', '/cart;jsessionid=secret'],
    ['an absolute form', 'http://user:secret@shop.example/cart?token=secret'],
    ['a token in the path', `/reset/${jwt}/secret?x`.replace('/secret', '')],
  ])('X-08: no secret out of %s', async (_, target) => {
    const t = await logged(() => undefined)
    await say(t.url, `GET ${target} HTTP/1.1\r\nhost: x\r\nreferer: secret\r\nconnection: close\r\n\r\n`)
    await t.lines()
    expect(t.written[0]).not.toMatch(/secret|eyJ/)
  })
})

describe('a trace', () => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736'
  const sent = async (headers: Record<string, string>) => {
    const service = await upstream((_req, res) => json(res, {}))
    const bff = await shop({ items: service.url, notes: service.url })
    open.push(bff, service)
    expect((await fetch(`${bff.url}/api/files/a`, { headers })).status).toBe(200)
    return service.seen[0]!.headers
  }

  it('X-10: goes on to the upstream, from a parent of its own', async () => {
    const seen = await sent({ traceparent: `00-${id}-00f067aa0ba902b7-01` })
    expect(seen['traceparent']).toMatch(new RegExp(`^00-${id}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`))
  })

  it.each([
    ['malformed', `00-${id.toUpperCase()}-00f067aa0ba902b7-01`],
    ['of no version', `ff-${id}-00f067aa0ba902b7-01`],
    ['of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
  ])('X-10: is a new one when it is %s, and baggage stays here', async (_, traceparent) => {
    const seen = await sent({ traceparent, baggage: 'k='.padEnd(7_000, 'v') })
    expect(seen['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(seen['traceparent']!.toString().slice(3, 35)).not.toBe(id)
    expect(seen).not.toHaveProperty('baggage')
    expect(seen).not.toHaveProperty('tracestate')
  })
})

describe('privatePages', () => {
  const seen = metrics({ routes: [{ path: '/a/:id', methods: ['GET'] }], upstreams: ['orders'] })

  it('X-09: 300 paths and methods on the wire add nothing', async () => {
    const count = async () => (await seen.text()).match(/^http_.*$/gm)?.length
    const t = await logged(() => undefined, { began: seen.began, ended: seen.ended })
    await fetch(`${t.url}/first`)
    await t.lines()
    const before = await count()
    for (let nth = 0; nth < 300; nth++) {
      await fetch(`${t.url}/invented/${nth}`, { method: ['GET', 'PROPFIND', 'MKCOL', 'LOCK'][nth % 4]! })
    }
    await t.lines(301)
    expect(await count()).toBe(before)
    expect(await seen.text()).toContain(
      'http_server_requests_seconds_count{route="other",method="other",status="4xx"} 301',
    )
  })

  it('answers callers of the private networks, and counts itself as chatter', async () => {
    const t = await logged((app) => app.use(privatePages({ '/metrics': metricsPage(seen) }, within(privateNetworks))))
    const response = await fetch(`${t.url}/metrics`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(await response.text()).toContain('http_server_requests_in_flight')
    const head = await fetch(`${t.url}/metrics`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(t.written).toEqual([])
  })

  it.each([
    ['a stranger', within(['192.0.2.0/24']), {}],
    ['who comes through a proxy', within(privateNetworks), { 'x-forwarded-for': '203.0.113.7' }],
    ['who comes through a proxy of RFC 7239', within(privateNetworks), { forwarded: 'for=203.0.113.7' }],
  ])('is not there for %s', async (_, trusted, headers) => {
    const t = await logged((app) => app.use(privatePages({ '/metrics': metricsPage(seen) }, trusted)))
    const [refused, unknown] = [await fetch(`${t.url}/metrics`, { headers }), await fetch(`${t.url}/unknown`)]
    expect(refused.status).toBe(404)
    const { traceId: one, ...told } = (await refused.json()) as { traceId: string }
    const { traceId: other, ...tells } = (await unknown.json()) as { traceId: string }
    expect(one).not.toBe(other)
    expect(told).toEqual(tells)
  })

  it('takes no POST', async () => {
    const t = await logged((app) => app.use(privatePages({ '/metrics': metricsPage(seen) }, within(privateNetworks))))
    expect((await fetch(`${t.url}/metrics`, { method: 'POST' })).status).toBe(404)
  })
})
