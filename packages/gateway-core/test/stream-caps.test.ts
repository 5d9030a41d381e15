import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import type { Contract } from '../src/contract.ts'
import { gateway } from '../src/index.ts'
import { upstream } from '../src/testing.ts'
import { eventually } from './door.ts'
import { before, reading } from './forwarded.ts'
import { wire } from './raw.ts'

const type = { 'content-type': 'text/event-stream' }

/** Streams events at `/events`, and answers anything else at once. */
async function service(begin: (res: ServerResponse, req: IncomingMessage) => void = (res) => res.write('data: x\n\n')) {
  const open = new Set<ServerResponse>()
  const { url, seen, ...rest } = await upstream((req, res) => {
    if (!req.url!.startsWith('/events')) {
      res.end('ok')
      return
    }
    open.add(res)
    res.once('close', () => open.delete(res))
    res.writeHead(200, type)
    begin(res, req)
  })
  return { url, seen, open, [Symbol.asyncDispose]: rest[Symbol.asyncDispose] }
}

type Bff = Awaited<ReturnType<typeof before>>

const named = { accept: 'text/event-stream' }

async function watchers({ url }: Bff, count: number, headers: Record<string, string> = {}) {
  const all = await Promise.all(Array.from({ length: count }, () => reading(`${url}/s/events`, { headers })))
  await Promise.all(all.map(({ next }) => next()))
  return all
}

const asked = async ({ url }: Bff, path = '/s/item', init: RequestInit = {}) => {
  const answer = await fetch(url + path, init)
  return [answer.status, await answer.text()]
}

const refused = async ({ url }: Bff, init: RequestInit = {}) => {
  const answer = await fetch(`${url}/s/events`, init)
  const { code } = (await answer.json()) as { code: string }
  return [answer.status, code, answer.headers.get('retry-after')]
}

const roomy = { client: 1_000 }

describe('event streams through a forward do not take the place of calls:', () => {
  it.each([
    ['asked for by name', named],
    ['not asked for by name', { accept: '*/*' }],
  ])('300 of them, %s, and every call is answered', async (_, headers) => {
    await using far = await service()
    await using bff = await before(far.url, { caps: roomy, policy: { bulkhead: { calls: 8, queue: 0 } } })
    for (let tens = 0; tens < 60; tens++) await watchers(bff, 5, headers)
    expect(far.open.size).toBe(300)
    for (let nth = 0; nth < 50; nth++) expect(await asked(bff)).toEqual([200, 'ok'])
    const atOnce = await Promise.all(Array.from({ length: 8 }, () => asked(bff)))
    expect(atOnce).toEqual(Array.from({ length: 8 }, () => [200, 'ok']))
  })

  it('nor do they make their address seem busy', async () => {
    await using one = await service()
    await using other = await service()
    await using bff = await before(`${one.url},${other.url}`, { caps: roomy })
    await watchers(bff, 1, named)
    const [busy, idle] = one.open.size > 0 ? [one, other] : [other, one]
    for (let nth = 0; nth < 60; nth++) await asked(bff)
    const calls = ({ seen }: typeof one) => seen.filter(({ url }) => url === '/item').length
    expect(calls(busy)).toBeGreaterThan(10)
    expect(calls(idle)).toBeGreaterThan(10)
  })

  it('but streams go where there are fewer of them', async () => {
    await using one = await service()
    await using other = await service()
    await using bff = await before(`${one.url},${other.url}`, { caps: roomy })
    for (let nth = 0; nth < 10; nth++) await watchers(bff, 1, named)
    expect([one.open.size, other.open.size]).toEqual([5, 5])
  })

  it('nor do they keep others from the cache, or are kept in it', async () => {
    await using far = await service()
    await using bff = await before(far.url, { caps: roomy, policy: { cache: { maxAge: 60_000 } } })
    const client = new AbortController()
    const first = await reading(`${bff.url}/s/events`, { signal: client.signal })
    await first.next()
    const [second] = await watchers(bff, 1)
    expect(far.open.size).toBe(2)
    client.abort()
    await eventually(() => far.open.size === 1)
    for (const res of far.open) res.write('data: y\n\n')
    expect(await second!.next()).toBe('data: y\n\n')
  })

  it('and a service that has nothing to tell has not failed', async () => {
    const quiet = [await service(), await service()]
    const policy = { idleTimeout: 300, outlier: { failures: 1 } }
    await using bff = await before(quiet.map(({ url }) => url).join(','), { caps: roomy, policy })
    const streams = await watchers(bff, 6, named)
    for (const stream of streams) await expect(stream.rest()).rejects.toThrow('terminated')
    for (let nth = 0; nth < 40; nth++) await asked(bff)
    for (const one of quiet) expect(one.seen.filter(({ url }) => url === '/item').length).toBeGreaterThan(0)
    for (const one of quiet) await one[Symbol.asyncDispose]()
  })
})

describe('event streams through a forward have caps of their own:', () => {
  it('429 for a client with too many, which its service never hears of', async () => {
    await using far = await service()
    await using bff = await before(far.url, { caps: { client: 2 } })
    const [first] = await watchers(bff, 2, named)
    expect(await refused(bff, { headers: named })).toEqual([429, 'too-many-streams', '5'])
    expect(await refused(bff, { headers: named, method: 'POST', body: 'x' })).toEqual([429, 'too-many-streams', '5'])
    expect(far.seen).toHaveLength(2)
    expect(await asked(bff)).toEqual([200, 'ok'])
    await watchers(bff, 2, { ...named, 'x-who': 'eve' })
    await first!.cancel()
    await eventually(() => far.open.size === 3)
    await watchers(bff, 1, named)
  })

  it('503 when all together have too many', async () => {
    await using far = await service()
    await using bff = await before(far.url, { caps: { route: 2 } })
    await watchers(bff, 2, named)
    expect(await refused(bff, { headers: { ...named, 'x-who': 'eve' } })).toEqual([503, 'too-many-streams', '5'])
    expect(far.seen).toHaveLength(2)
  })

  it('one that was not asked for by name is refused when it turns out to be one, and its service is told', async () => {
    await using far = await service()
    await using bff = await before(far.url, { caps: { client: 1 } })
    await watchers(bff, 1)
    expect(await refused(bff)).toEqual([429, 'too-many-streams', '5'])
    await eventually(() => far.seen.length === 2 && far.open.size === 1)
  })

  it('what was asked for as one and is none counts until it is answered', async () => {
    await using far = await service()
    await using bff = await before(far.url, { caps: { client: 1 } })
    for (let nth = 0; nth < 3; nth++) expect(await asked(bff, '/s/item', { headers: named })).toEqual([200, 'ok'])
  })

  it.each<[string, (bff: Bff, far: Awaited<ReturnType<typeof service>>) => unknown]>([
    ['their clients leave', () => undefined],
    ['their service ends them', (_, far) => far.open.forEach((res) => res.end())],
    ['their service breaks them', (_, far) => far.open.forEach((res) => res.destroy())],
    ['their proof is taken back', ({ revoked }) => revoked.user('ada')],
  ])('/metrics counts them, and none when %s', async (_, act) => {
    await using far = await service()
    await using bff = await before(far.url, { caps: { client: 3 } })
    const open = async () => Number(/^streams_open\{route="\/s\/\*"\} (\d+)$/m.exec(await bff.metrics())?.[1])
    expect(await open()).toBe(0)
    const client = new AbortController()
    const all = [named, named, {}].map((headers) => reading(`${bff.url}/s/events`, { headers, signal: client.signal }))
    for (const stream of await Promise.all(all)) await stream.next()
    expect(await open()).toBe(3)
    await refused(bff, { headers: named })
    expect(await bff.metrics()).toContain('streams_refused_total{route="/s/*",cap="client"} 1')
    expect(await bff.metrics()).toContain('streams_opened_total{route="/s/*"} 3')
    await act(bff, far)
    if (far.open.size === 3) client.abort()
    await eventually(() => far.open.size === 0)
    for (let tries = 0; tries < 50 && (await open()) > 0; tries++) await pause(20)
    expect(await open()).toBe(0)
    // A request that was refused has a duration, one that became a stream has none.
    const requests = (await bff.metrics()).match(/^http_server_requests_seconds_count\{.*\/s\/.*$/gm)
    expect(requests).toEqual(['http_server_requests_seconds_count{route="/s/*",method="GET",status="4xx"} 1'])
  })

  it('that cannot be meant stops the start', () => {
    const { forward } = gateway({}, { service: {} }, { service: {} })
    const made = () => forward('/s', 'service', { guard: () => ({}), caps: { client: 0, route: 1.5 } })
    expect(made).toThrow('/s: caps.client must be at least 1, whole\n/s: caps.route must be at least 1, whole')
    const front = { 'GET /items': { streams: true, out: z.string() } } as const satisfies Contract
    const spec = { guard: () => ({}), items: async function* () {}, view: () => '', caps: { route: 0 } }
    const { stream } = gateway(front, {}, {})
    expect(() => stream('GET /items', spec)).toThrow('GET /items: caps.route must be at least 1, whole')
  })
})

describe('E-4: a client that does not read an event stream through a forward', () => {
  const flood = () => {
    let sent = 0
    const event = `data: ${'x'.repeat(65_536)}\n\n`
    const far = service((res) => {
      const more = () => {
        while (!res.destroyed) {
          sent += event.length
          if (res.write(event)) continue
          res.once('drain', more)
          return
        }
      }
      more()
    })
    return { far, sent: () => sent }
  }

  it('holds its service back, and nobody else', async () => {
    const t = flood()
    await using far = await t.far
    await using bff = await before(far.url, { policy: { idleTimeout: 500 } })
    await using client = await wire(bff.url)
    client.socket.pause()
    client.write('GET /s/events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n')
    let last = -1
    while (t.sent() !== last) {
      last = t.sent()
      await pause(300)
    }
    expect(last).toBeLessThan(32 * 1_024 * 1_024)
    // It is not the service that is silent.
    await pause(1_000)
    expect(far.open.size).toBe(1)
    expect(await asked(bff)).toEqual([200, 'ok'])
    client.socket.destroy()
    await once(client.socket, 'close')
    await eventually(() => far.open.size === 0)
  })
})
