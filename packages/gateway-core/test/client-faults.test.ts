import { describe, expect, it } from '@jest/globals'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { Agent, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { z } from 'zod'
import type { Guard } from '../src/exchange.ts'
import { gateway, problem } from '../src/index.ts'
import { json, upstream } from '../src/testing.ts'
import { ask, problemIn } from './ask.ts'
import { bothDoors, doors, type Given, pathOf } from './both-doors.ts'
import { silent } from './exchange.ts'
import { escaped, held, until } from './leaks.ts'
import { rawUpstream, wire } from './raw.ts'
import { listen } from './listen.ts'

const fine = '{"id":"a","name":"b"}'
const ok = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${fine.length}\r\n\r\n${fine}`
const endless = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'

/** Long enough that only the client's leaving can end anything. */
const patient = { timeout: 10_000, idleTimeout: 10_000, streamTimeout: 10_000 }

const ways: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['a reset', (socket) => socket.resetAndDestroy()],
  ['a close', (socket) => socket.destroy()],
  ['an end', (socket) => socket.end()],
]

describe.each(ways)('a client that leaves with %s', (_, leave) => {
  it.each([
    ['X-01: while a forward waits for a head', pathOf('forward', 'a'), () => undefined],
    ['X-01: while a screen waits for a part', pathOf('screen', 'a'), () => undefined],
    [
      'X-01: while a download is under way',
      pathOf('forward', 'a'),
      (socket: Socket) => {
        socket.write(`${endless}4\r\nsome\r\n`)
        const timer = setInterval(() => socket.write('4\r\nmore\r\n'), 20)
        socket.once('close', () => clearInterval(timer))
      },
    ],
  ])('%s, leaves nothing behind', async (_, path, script) => {
    const asked = Promise.withResolvers<Socket>()
    await using service = await rawUpstream((socket) => {
      asked.resolve(socket)
      script(socket)
    })
    await using bff = await bothDoors(service.url, { policy: patient, budget: 10_000 })
    await using line = await wire(bff.url)
    line.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
    await asked.promise
    if (path.includes('files') && script.length > 0) await line.until(/some/)
    leave(line.socket)
    await until(
      () => service.open === 0,
      1_000,
      () => `${service.open} open upstream`,
    )
    expect(service.heads.length).toBe(1)
    expect((await ask(`${bff.url}/livez`)).status).toBe(200)
  })

  it.each(doors)('X-01: while it uploads to a %s, has nothing done in its name', async (door) => {
    let whole = 0
    await using service = await upstream((req, res) => {
      req.on('error', () => undefined).resume()
      req.on('end', () => {
        whole++
        res.end(fine)
      })
    })
    await using bff = await bothDoors(service.url, { policy: patient, budget: 10_000 })
    await using line = await wire(bff.url)
    const type = 'content-type: application/json'
    line.write(
      `PUT ${pathOf(door, 'a')} HTTP/1.1\r\nhost: a\r\n${type}\r\ncontent-length: 100000\r\n\r\n${'x'.repeat(50_000)}`,
    )
    if (door === 'forward')
      await until(
        () => service.seen.length === 1,
        1_000,
        () => 'not asked',
      )
    else await pause(50)
    leave(line.socket)
    if (door === 'forward')
      await until(
        () => service.seen[0]!.socket.destroyed,
        1_000,
        () => 'open upstream',
      )
    else await pause(100)
    expect(whole).toBe(0)
    expect(service.seen.length).toBe(door === 'forward' ? 1 : 0)
  })

  it.each(doors)('X-01: while it waits for a place by the %s, is not sent on any more', async (door) => {
    let last: Socket | undefined
    await using service = await rawUpstream((socket) => (last = socket))
    const policy = { ...patient, bulkhead: { calls: 1, queue: 5 } }
    await using bff = await bothDoors(service.url, { policy, budget: 10_000 })
    const taken = ask(bff.url + pathOf(door, 'first'))
    await until(
      () => last !== undefined,
      1_000,
      () => 'not asked',
    )
    await using line = await wire(bff.url)
    line.write(`GET ${pathOf(door, 'second')} HTTP/1.1\r\nhost: a\r\n\r\n`)
    await pause(50)
    leave(line.socket)
    await pause(50)
    last!.write(ok)
    expect((await taken).status).toBe(200)
    await pause(50)
    expect(service.heads.map((head) => head.split(' ', 2)[1])).toEqual(['/items/first'])
    // The place is free for the next.
    const next = ask(bff.url + pathOf(door, 'third'))
    await until(
      () => service.heads.length === 2,
      1_000,
      () => 'the place is not free',
    )
    last!.write(ok)
    expect((await next).status).toBe(200)
  })
})

it('X-01: is one line in the log, and no alarm', async () => {
  const lines: { level: number; status?: number }[] = []
  const log = pino(
    { level: 'debug' },
    { write: (line: string) => void lines.push(JSON.parse(line) as { level: number }) },
  )
  await using service = await rawUpstream((socket) => void socket.write(`${endless}4\r\nsome\r\n`))
  await using bff = await bothDoors(service.url, { policy: patient, budget: 10_000, log })
  for (let nth = 0; nth < 5; nth++) {
    await using line = await wire(bff.url)
    line.write(`GET ${pathOf('forward', 'a')} HTTP/1.1\r\nhost: a\r\n\r\n`)
    await line.until(/some/)
    line.socket.resetAndDestroy()
  }
  await until(
    () => lines.length >= 5,
    1_000,
    () => JSON.stringify(lines),
  )
  await pause(50)
  expect(lines.map(({ level, status }) => `${level} ${status}`)).toEqual(Array(5).fill('30 499'))
})

describe('a kept connection', () => {
  /** Listeners by event, on what a client and a service are connected with. */
  const listenersOf = (socket: Socket) =>
    Object.fromEntries(socket.eventNames().map((name) => [String(name), socket.listenerCount(name)]))

  it.each(doors)('X-02: gathers no listeners over 200 requests by the %s', async (door) => {
    using escapes = escaped()
    const inbound: Socket[] = []
    const outbound: Socket[] = []
    const came = (message: unknown) => {
      const { request, socket } = message as { request: IncomingMessage; socket: Socket }
      if (request.url?.startsWith('/api/') === true) inbound.push(socket)
    }
    const dialled = (message: unknown) => void outbound.push((message as { socket: Socket }).socket)
    await using service = await upstream((req, res) => {
      req.resume().on('end', () => json(res, { id: 'a', name: 'b' }))
    })
    await using bff = await bothDoors(service.url)
    subscribe('http.server.request.start', came)
    subscribe('undici:client:connected', dialled)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const round = async (times: number) => {
      for (let nth = 0; nth < times; nth++) {
        const write = nth % 2 === 1
        const answer = await ask(bff.url + pathOf(door, 'a'), {
          agent,
          ...(write ? { method: 'PUT', body: fine, headers: { 'content-type': 'application/json' } } : {}),
        })
        expect(answer.status).toBe(200)
      }
      await pause(10)
      return [inbound.at(-1)!, outbound.at(-1)!].map(listenersOf)
    }
    try {
      const few = await round(4)
      const many = await round(196)
      expect(many).toEqual(few)
      expect([new Set(inbound).size, inbound.length, outbound.length]).toEqual([1, 200, 1])
      expect(escapes.seen).toEqual([])
    } finally {
      agent.destroy()
      unsubscribe('http.server.request.start', came)
      unsubscribe('undici:client:connected', dialled)
    }
  })
})

describe('an upload that nobody reads', () => {
  it.each([10_000, 60_000, 150_000, 1_000_000])('G0: of %i bytes, does not cost the next request', async (size) => {
    await using other = await upstream((_req, res) => json(res, { id: 'o', name: 'p' }))
    const gone = await rawUpstream(() => undefined)
    await using bff = await bothDoors(gone.url, { other: other.url })
    await gone[Symbol.asyncDispose]()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let nth = 0; nth < 10; nth++) {
      const refused = await ask(bff.url + pathOf('forward', 'a'), { agent, method: 'POST', body: Buffer.alloc(size) })
      // A connection that is to be closed must say so, or the client sends its next request into nothing.
      expect(problemIn(refused)).toEqual({ status: 502, code: 'upstream-failed', source: 'items' })
      expect((await ask(`${bff.url}/api/others/a`, { agent })).status).toBe(200)
    }
    agent.destroy()
  })
})

describe('a crowd', () => {
  it('X-07: 10 000 requests by both doors to a slow upstream are refused quickly, and others go on', async () => {
    let now = 0
    let most = 0
    await using slow = await upstream((_req, res) => {
      most = Math.max(most, ++now)
      setTimeout(() => {
        now--
        json(res, { id: 'a', name: 'b' })
      }, 200)
    })
    await using other = await upstream((_req, res) => json(res, { id: 'o', name: 'p' }))
    const policy = { timeout: 20_000, bulkhead: { calls: 32, queue: 16 } }
    await using bff = await bothDoors(slow.url, { policy, budget: 20_000, other: other.url })
    const agent = new Agent({ keepAlive: true, maxSockets: 250 })
    const times = new Map<number, number[]>()
    const waits: number[] = []
    let left = 10_000
    const goesOn = () => left > 0
    const client = async () => {
      while (goesOn()) {
        left--
        const answer = await ask(bff.url + pathOf(doors[left % 2]!, 'a'), { agent })
        const same = times.get(answer.status)
        if (same === undefined) times.set(answer.status, [answer.ms])
        else same.push(answer.ms)
        if (answer.status !== 503) continue
        expect(problemIn(answer)).toMatchObject({ code: 'upstream-unavailable', source: 'items' })
        expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      }
    }
    const neighbour = async () => {
      while (goesOn()) {
        const answer = await ask(`${bff.url}/api/${left % 2 === 0 ? 'otherfiles/items' : 'others'}/a`)
        expect(answer.status).toBe(200)
        waits.push(answer.ms)
        await pause(20)
      }
    }
    await Promise.all([neighbour(), ...Array.from({ length: 250 }, client)])
    agent.destroy()
    expect(new Set(times.keys())).toEqual(new Set([200, 503]))
    expect(times.get(503)!.length).toBeGreaterThan(5_000)
    expect(most).toBe(32)
    expect(slow.seen.length).toBe(times.get(200)!.length)
    const middle = (all: readonly number[]) => all.toSorted((a, b) => a - b)[all.length >> 1]
    // On a busy machine all of them take longer, but nobody waits as long as those who wait for the slow one.
    const slowest = middle(times.get(200)!)!
    expect(middle(times.get(503)!)).toBeLessThan(slowest)
    expect(middle(waits)).toBeLessThan(slowest)
  }, 120_000)
})

describe('a client that reads slowly', () => {
  it('Z-06: makes the upstream wait, and no memory grow', async () => {
    const total = 200 * 1_048_576
    const piece = Buffer.alloc(65_536, 'abcdefgh')
    let given = 0
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      const push = () => {
        while (given < total) {
          given += piece.length
          if (socket.write(piece)) continue
          socket.once('drain', push)
          return
        }
      }
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`)
        push()
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await using bff = await bothDoors(address, {
      policy: { idleTimeout: 20_000, streamTimeout: 60_000 },
      budget: 20_000,
    })
    const before = held()
    const client = connect(bff.port, '127.0.0.1').pause()
    client.write(`GET ${pathOf('forward', 'a')} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
    await pause(500)
    // The client has read nothing: what the service could say lies in the buffers of the kernel, of two connections.
    expect(given).toBeGreaterThan(0)
    expect(given).toBeLessThan(24 * 1_048_576)
    let read = 0
    let most = 0
    let nth = 0
    for await (const chunk of client as AsyncIterable<Buffer>) {
      read += chunk.length
      if (++nth % 200 !== 0) continue
      await pause(1)
      most = Math.max(most, held())
    }
    expect(read).toBeGreaterThan(total)
    expect(read).toBeLessThan(total + 2_000)
    expect(most - before).toBeLessThan(64 * 1_048_576)
    server.close()
  })
})

const Item = z.object({ id: z.string(), name: z.string() })
const front = {
  'GET /api/parts': { out: Item },
  'GET /api/promises': { out: Item },
  'GET /api/view': { out: Item },
  'GET /api/headers': { out: Item },
  'GET /api/guard': { out: Item },
  'GET /api/authenticate': { out: Item },
} as const

describe('a mistake of ours', () => {
  const open: Guard = () => ({})
  const mistake = (): never => {
    throw new Error('a secret of ours at /srv/app.ts:1')
  }
  const item = () => Promise.resolve({ id: 'a', name: 'b' })

  async function setUp(given: Given = {}) {
    const { screen, app } = gateway(front, { items: {} }, { items: {} })
    const view = ({ item }: { item: { id: string; name: string } }) => item
    const parts = () => ({ item: item() })
    const bff = app(
      [
        screen('GET /api/parts', {
          guard: open,
          parts: () => mistake() as { item: Promise<z.infer<typeof Item>> },
          view,
        }),
        screen('GET /api/promises', { guard: open, parts: () => ({ item: item().then(mistake) }), view }),
        screen('GET /api/view', { guard: open, parts, view: mistake }),
        screen('GET /api/headers', { guard: open, parts, view, headers: mistake }),
        screen('GET /api/guard', { guard: mistake, parts, view }),
        screen('GET /api/authenticate', { guard: (exchange) => exchange.authenticate(), parts, view }),
        {
          methods: ['GET'],
          path: '/api/late',
          guard: open,
          bind: () => async (_exchange, _req, res) => {
            res.writeHead(200, { 'content-type': 'text/plain' }).write('half')
            await pause(20)
            mistake()
          },
        },
        {
          methods: ['GET'],
          path: '/api/after',
          guard: open,
          bind: () => async (_exchange, _req, res) => {
            res.writeHead(200, { 'content-length': '4' }).end('fine')
            await pause(20)
            mistake()
          },
        },
      ],
      { upstreams: { items: 'http://127.0.0.1:9' }, log: given.log ?? silent, authenticate: () => mistake() },
    )
    return listen(bff)
  }

  it.each(Object.keys(front).map((key) => key.slice('GET '.length)))(
    'X-11: in %s is one problem that tells nothing',
    async (path) => {
      using escapes = escaped()
      await using bff = await setUp()
      const answer = await ask(bff.url + path)
      expect(problemIn(answer)).toEqual({ status: 500, code: 'internal-error' })
      expect(answer.body.toString()).not.toContain('secret')
      expect((await ask(`${bff.url}/livez`)).status).toBe(200)
      expect(escapes.seen).toEqual([])
    },
  )

  it('X-11: after half an answer cuts its connection, and only that', async () => {
    using escapes = escaped()
    await using bff = await setUp()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let nth = 0; nth < 3; nth++) {
      const answer = await ask(`${bff.url}/api/late`, { agent })
      expect([answer.status, answer.whole, answer.body.toString()]).toEqual([200, false, 'half'])
      expect((await ask(`${bff.url}/livez`, { agent })).status).toBe(200)
    }
    agent.destroy()
    expect(escapes.seen).toEqual([])
  })

  it('X-11: after a whole answer changes nothing of it, and no second head goes out', async () => {
    using escapes = escaped()
    await using bff = await setUp()
    await using line = await wire(bff.url)
    line.write('GET /api/after HTTP/1.1\r\nhost: a\r\n\r\n')
    await line.until(/fine/)
    await pause(100)
    expect(line.received.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect((await ask(`${bff.url}/livez`)).status).toBe(200)
    expect(escapes.seen).toEqual([])
  })

  it('X-11: refuses as it was told, whoever refuses', async () => {
    const refusal = problem(403, 'forbidden', { detail: 'No.' })
    const { screen, app } = gateway(front, { items: {} }, { items: {} })
    const bff = app(
      [
        screen('GET /api/guard', {
          guard: () => Promise.reject(refusal),
          parts: () => ({ item: item() }),
          view: ({ item }) => item,
        }),
      ],
      { upstreams: { items: 'http://127.0.0.1:9' }, log: silent, authenticate: () => Promise.reject(refusal) },
    )
    await using listening = await listen(bff)
    expect(problemIn(await ask(`${listening.url}/api/guard`))).toEqual({ status: 403, code: 'forbidden' })
  })
})
