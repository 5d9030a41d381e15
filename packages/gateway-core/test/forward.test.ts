import { describe, expect, it } from '@jest/globals'
import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { pino } from 'pino'
import { serve } from '../src/index.ts'
import { upstream } from '../src/testing.ts'
import { wire } from './raw.ts'
import { shop } from './shop.ts'

async function setUp(files: RequestListener) {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await upstream(files))
  const bff = stack.use(await shop({ items: service.url, notes: service.url }))
  const get = (path: string, init: RequestInit = {}) => fetch(`${bff.url}/api/files${path}`, init)
  return { get, service, bff, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Send bytes as they are; resolves with all that comes back until the other end closes. */
async function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes)
  return (await buffer(socket)).toString('latin1')
}

describe('a forward', () => {
  it('passes path, query, status, headers and body', async () => {
    await using t = await setUp((_req, res) =>
      res.writeHead(203, { etag: '"1"', 'content-type': 'text/x', 'set-cookie': 'a=b' }).end('body'),
    )
    const answer = await t.get('/a/b.txt?x=1&y=%20', { headers: { cookie: 'sid=1', 'x-forwarded-for': '6.6.6.6' } })
    expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([203, 'body', '"1"'])
    expect(answer.headers.get('set-cookie')).toBeNull()
    const [seen] = t.service.seen
    expect(seen!.url).toBe('/a/b.txt?x=1&y=%20')
    expect(seen!.headers['cookie']).toBeUndefined()
    expect(seen!.headers['x-forwarded-for']).toBe('127.0.0.1')
  })

  it('H-11: says where a redirect leads, also below a prefix with parameters', async () => {
    await using t = await setUp((_req, res) => res.writeHead(302, { location: '/b?x=1' }).end())
    const locationOf = async (path: string) =>
      (await fetch(t.bff.url + path, { redirect: 'manual' })).headers.get('location')
    expect(await locationOf('/api/files/a')).toBe('/api/files/b?x=1')
    expect(await locationOf('/api/of/acme%20ltd/files/a')).toBe('/api/of/acme%20ltd/files/b?x=1')
  })

  it('streams an upload as it comes', async () => {
    await using t = await setUp((req, res) => void req.pipe(res))
    const sent = Buffer.alloc(3_000_000, 'abc')
    const answer = await t.get('/up', { method: 'PUT', body: sent })
    expect(Buffer.from(await answer.arrayBuffer()).equals(sent)).toBe(true)
  })

  it('passes the first byte before the last is known', async () => {
    const more = Promise.withResolvers<void>()
    await using t = await setUp((_req, res) => {
      res.write('first')
      void more.promise.then(() => res.end('last'))
    })
    const reader = (await t.get('/slow')).body!.getReader()
    expect(String(Buffer.from((await reader.read()).value ?? []))).toBe('first')
    more.resolve()
    expect(String(Buffer.from((await reader.read()).value ?? []))).toBe('last')
  })

  it('F3, U-05: aborts when the upstream dies in mid-body, so that half never looks whole', async () => {
    await using t = await setUp(
      (req, res) => void res.writeHead(200).write('half', () => setImmediate(() => req.socket.resetAndDestroy())),
    )
    const answer = await t.get('/half')
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
  })

  it.each<[string, RequestListener, number, string]>([
    ['U-02: silence', () => undefined, 504, 'upstream-timeout'],
    ['U-04: a reset', (req) => req.socket.resetAndDestroy(), 502, 'upstream-failed'],
    ['U-10: garbage', (req) => req.socket.end('garbage\r\n\r\n'), 502, 'upstream-failed'],
    [
      'U-12: status 000',
      (req) => req.socket.end('HTTP/1.1 000 x\r\ncontent-length: 0\r\n\r\n'),
      502,
      'upstream-failed',
    ],
    [
      'U-13: status 999',
      (req) => req.socket.end('HTTP/1.1 999 x\r\ncontent-length: 0\r\n\r\n'),
      502,
      'upstream-failed',
    ],
    [
      'H-11: a redirect to elsewhere',
      (_req, res) => res.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
      502,
      'upstream-failed',
    ],
  ])('answers %s with one problem', async (_, files, status, code) => {
    await using t = await setUp(files)
    const answer = await t.get('/x')
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ code, source: 'items' })
  })

  it.each([
    ['Content-Length', 'HTTP/1.1 200 OK\r\ntrailer: x\r\ncontent-length: 2\r\n\r\nok'],
    ['204', 'HTTP/1.1 204 No Content\r\ntrailer: x\r\n\r\n'],
    ['a control byte in the reason', 'HTTP/1.1 200 a\x01b\r\ncontent-length: 2\r\n\r\nok'],
  ])('F2: lives on after an upstream trailer with %s', async (_, bytes) => {
    await using t = await setUp((req) => req.socket.end(bytes))
    expect([200, 204, 502]).toContain((await t.get('/x')).status)
    expect((await fetch(`${t.bff.url}/livez`)).status).toBe(200)
  })

  it.each([
    ['no body', 'GET /api/files/x HTTP/1.1\r\nhost: a\r\ntrailer: x\r\nconnection: close\r\n\r\n'],
    [
      'a body',
      'PUT /api/files/x HTTP/1.1\r\nhost: a\r\ntrailer: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok',
    ],
  ])('F1, S-31: a Trailer field with %s is dropped', async (_, bytes) => {
    await using t = await setUp((_req, res) => res.end('fine'))
    expect(await raw(t.bff.url, bytes)).toMatch(/^HTTP\/1\.1 200 .*fine/s)
    expect(t.service.seen[0]!.headers['trailer']).toBeUndefined()
  })

  it('S-17: a GET with a body is refused and never forwarded', async () => {
    await using t = await setUp((_req, res) => res.end())
    const answer = await raw(
      t.bff.url,
      'GET /api/files/x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*unexpected-body/s)
    expect(t.service.seen).toEqual([])
  })

  it.each(['Authorization', 'Host', 'Content-Type', 'Origin', 'X-CSRF'])(
    'S-23, S-30: %s sent twice is refused',
    async (name) => {
      await using t = await setUp((_req, res) => res.end())
      const host = name === 'Host' ? '' : 'host: a\r\n'
      const twice = `${name}: a\r\n${name}: b\r\n`
      const answer = await raw(t.bff.url, `GET /api/files/x HTTP/1.1\r\n${host}${twice}connection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 400 .*repeated-header/s)
      expect(t.service.seen).toEqual([])
    },
  )

  it.each([
    ['announced', 'content-length: 11000000\r\n\r\n'],
    ['in pieces', `transfer-encoding: chunked\r\n\r\na7d8c0\r\n${'x'.repeat(11_000_000)}\r\n0\r\n\r\n`],
  ])('Z-03: a body over the limit, %s, is refused and never whole upstream', async (_, rest) => {
    let whole = false
    await using t = await setUp((req, res) => {
      req.resume().on('error', () => undefined)
      req.on('end', () => {
        whole = true
        res.end()
      })
    })
    await using line = await wire(t.bff.url)
    line.write(`PUT /api/files/x HTTP/1.1\r\nhost: a\r\n${rest}`)
    expect(await line.until(/content-too-large/)).toMatch(/^HTTP\/1\.1 413 /)
    expect(whole).toBe(false)
  })

  it('U-17: an early answer to an upload passes on', async () => {
    await using t = await setUp((_req, res) => res.writeHead(409).end('enough'))
    await using line = await wire(t.bff.url)
    line.write('PUT /api/files/x HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nsome')
    expect(await line.until(/enough/)).toMatch(/^HTTP\/1\.1 409 /)
  })

  it('B-17: takes no method it was not given, and the service hears nothing of it', async () => {
    let asked = 0
    await using t = await setUp((_req, res) => res.end(String((asked += 1))))
    const answer = await t.get('/x', { method: 'DELETE' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT, OPTIONS'])
    expect(asked).toBe(0)
  })

  it('X-01: aborts the upstream when the client goes', async () => {
    const closed = Promise.withResolvers<void>()
    await using t = await setUp((req, res) => {
      req.socket.once('close', () => closed.resolve())
      res.write('first')
    })
    const client = new AbortController()
    const answer = await t.get('/x', { signal: client.signal })
    client.abort()
    await expect(answer.text()).rejects.toThrow()
    await closed.promise
  })

  it('F8: an upgrade that nothing takes is refused', async () => {
    await using t = await setUp((_req, res) => res.end())
    const answer = await raw(
      t.bff.url,
      'GET /api/files/x HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 404 .*route-not-found/s)
  })
})

describe('the server', () => {
  it('answers what is no HTTP once, and closes', async () => {
    await using t = await setUp((_req, res) => res.end())
    expect(await raw(t.bff.url, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*malformed-request/s)
    expect(await raw(t.bff.url, `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('finishes what is under way before it stops', async () => {
    const reached = Promise.withResolvers<() => void>()
    await using t = await setUp((_req, res) => reached.resolve(() => res.end('done')))
    const answer = t.get('/x')
    const finish = await reached.promise
    const stopped = t.bff[Symbol.asyncDispose]()
    finish()
    expect(await (await answer).text()).toBe('done')
    await stopped
    await expect(fetch(`${t.bff.url}/livez`)).rejects.toThrow()
  })

  it('names the variable when its port is taken', async () => {
    await using t = await setUp((_req, res) => res.end())
    const again = serve({
      name: 'b',
      port: t.bff.port,
      hostname: '127.0.0.1',
      portVariable: 'B_PORT',
      handler: () => undefined,
      log: pino({ level: 'silent' }),
    })
    await expect(again).rejects.toThrow(`Port ${t.bff.port} is in use. Set B_PORT to another`)
  })
})
