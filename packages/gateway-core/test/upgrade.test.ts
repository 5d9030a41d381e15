import { describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import type { Guard } from '../src/exchange.ts'
import { complete } from '../src/policy.ts'
import { problem } from '../src/problem.ts'
import { accept, doorTo, echo, eventually, type Given, handshake, site, switched } from './door.ts'
import { rawUpstream, say, type Wire, wire } from './raw.ts'

const signedIn: Guard = (exchange) => exchange.authenticate()

async function toEcho(given: Given = {}) {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await echo())
  const bff = stack.use(await doorTo(service.url, given))
  const dial = async (path = '/live/a', options: object = {}, protocols: string[] = []) => {
    const socket = new WebSocket(bff.url + path, protocols, { origin: site, ...options })
    stack.defer(() => socket.terminate())
    socket.on('error', () => undefined)
    await once(socket, 'open')
    return socket
  }
  return { service, bff, dial, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function toScript(script: Parameters<typeof rawUpstream>[0], given: Given = {}) {
  const stack = new AsyncDisposableStack()
  const service = stack.use(await rawUpstream(script))
  const bff = stack.use(await doorTo(service.url, given))
  return { service, bff, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const heard = async (socket: WebSocket): Promise<Buffer> => {
  const [data] = await once(socket, 'message')
  return data as Buffer
}

const status = (answer: string): number => Number(answer.slice(9, 12))
const code = (answer: string): unknown =>
  (JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { code: unknown }).code

describe('the door', () => {
  it('F8: takes a socket before any request has come, and passes text, bytes and much both ways', async () => {
    await using t = await toEcho()
    const socket = await t.dial('/live/a/b?since=7', { headers: { cookie: 'sid=1', 'x-forwarded-for': '6.6.6.6' } })
    for (const said of ['hello', Buffer.from([0, 255, 10]), Buffer.alloc(3_000_000, 'abc')]) {
      const back = heard(socket)
      socket.send(said)
      expect((await back).equals(Buffer.from(said as Buffer))).toBe(true)
    }
    const [asked] = t.service.asked
    expect(asked!.url).toBe('/a/b?since=7')
    expect(asked!.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'sec-websocket-version': '13' })
    expect(asked!.headers).not.toHaveProperty('cookie')
    expect(asked!.headers).not.toHaveProperty('origin')
  })

  it('F8: leaves nothing open that it does not take', async () => {
    await using t = await toEcho()
    const answer = await say(t.bff.url, handshake('/nowhere'))
    expect([status(answer), code(answer)]).toEqual([404, 'route-not-found'])
    expect(t.bff.door.open).toBe(0)
  })

  it('negotiates a subprotocol and passes the closing code', async () => {
    await using t = await toEcho()
    const socket = await t.dial('/live/a', {}, ['csrf.1', 'v2'])
    expect(socket.protocol).toBe('csrf.1')
    for (const client of t.service.server.clients) client.close(4_401, 'session over')
    const [closing, reason] = await once(socket, 'close')
    expect([closing, String(reason)]).toEqual([4_401, 'session over'])
    await eventually(() => t.bff.door.open === 0)
  })

  it('passes what the client said before it was answered, and what came behind the answer', async () => {
    await using t = await toScript((socket, head) => socket.write(`${switched}\r\nfirst,${head.split('\r\n\r\n')[1]}`))
    await using line = await wire(t.bff.url)
    line.write(`${handshake()}early`)
    await line.until(/first,/)
    line.write('later')
    await eventually(() => t.service.heads.length === 1)
  })

  it('sends the user’s token where the policy says so, and the client’s never', async () => {
    await using t = await toEcho({ guard: signedIn, policy: { token: 'user' } })
    await t.dial('/live/a', { headers: { authorization: 'me' } })
    expect(t.service.asked[0]!.headers['authorization']).toBe('Bearer token-of-u1')
  })

  it('says in one line of the log who came, and no secret that the path may hold', async () => {
    const lines: string[] = []
    const log = pino({ base: null }, { write: (line: string) => void lines.push(line) })
    await using t = await toEcho({ guard: signedIn, around: { log } })
    const path = `/live/eyJhbGciOiJub25lIn0.e30./${'s'.repeat(65)}?ticket=hidden`
    await t.dial(path, { headers: { authorization: 'me', 'user-agent': 'app/1' } })
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({
        msg: 'upgrade',
        status: 101,
        path: '/live/[token]/[long]',
        user: 'u1',
        address: '127.0.0.1',
        agent: 'app/1',
      }),
    ])
  })

  it('rewrites path and headers', async () => {
    const rewrite = {
      path: '/v2/*',
      request: [
        ['set', 'x-api', '2'],
        ['set', 'sec-websocket-key', 'x'],
      ] as const,
    }
    await using t = await toEcho({ spec: { rewrite } })
    await t.dial('/live/a')
    expect(t.service.asked[0]).toMatchObject({ url: '/v2/a', headers: { 'x-api': '2' } })
  })

  it('lets no Connection header take a part of the handshake away', async () => {
    await using t = await toEcho()
    await using line = await wire(t.bff.url)
    line.write(handshake('/live/a', { Connection: 'Upgrade, Sec-WebSocket-Key, X-Forwarded-For, X-A', 'X-A': '1' }))
    await line.until(/^HTTP\/1.1 101/)
    expect(t.service.asked[0]!.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1' })
    expect(t.service.asked[0]!.headers).not.toHaveProperty('x-a')
  })
})

describe('W-01: an origin', () => {
  it.each([
    ['missing', null],
    ['null', 'null'],
    ['foreign', 'https://evil.example'],
    ['longer', `${site}.evil.example`],
    ['without tls', 'http://shop.example'],
    ['in another case', 'https://Shop.example'],
    ['twice', `${site}\r\nOrigin: ${site}`],
  ])('%s is refused before anybody is asked, guard and service', async (_, origin) => {
    let guarded = 0
    await using t = await toEcho({ guard: () => ({ n: guarded++ }) })
    const answer = await say(t.bff.url, handshake('/live/a', { Origin: origin }))
    expect(status(answer)).toBe(_ === 'twice' ? 400 : 403)
    expect([guarded, t.service.asked.length]).toEqual([0, 0])
  })

  it('may be any for clients that are no browsers', async () => {
    await using t = await toEcho({ spec: { origins: 'any' }, guard: signedIn })
    await using line = await wire(t.bff.url)
    line.write(handshake('/live/a', { Origin: null, Authorization: 'me' }))
    await line.until(/^HTTP\/1.1 101/)
  })

  it('does not replace a session', async () => {
    await using t = await toEcho({ guard: signedIn })
    const answer = await say(t.bff.url, handshake())
    expect([status(answer), code(answer), t.service.asked.length]).toEqual([401, 'token-missing', 0])
  })
})

describe('W-02: an upgrade', () => {
  /** `HALF_OPEN=9000` asks for more; each takes two descriptors here (`ulimit -n`). */
  const many = Number(process.env['HALF_OPEN'] ?? 2_000)
  const one = 'websocket'
  it.each<[string, string, number]>([
    ['to an unknown path', handshake('/nothing/a'), 404],
    ['to a path that takes none', handshake('/files/a'), 404],
    ['to two protocols', handshake('/live/a', { Upgrade: 'websocket, foo' }), 400],
    ['to two, in two headers', handshake('/live/a', { Upgrade: `foo\r\nUpgrade: ${one}` }), 400],
    ['by POST', handshake('/live/a', { 'Content-Length': '0' }, 'POST'), 400],
    ['by PUT on a path without PUT', handshake('/live/a', {}, 'PUT'), 400],
    ['of version 12', handshake('/live/a', { 'Sec-WebSocket-Version': '12' }), 426],
    ['of two versions', handshake('/live/a', { 'Sec-WebSocket-Version': '13\r\nSec-WebSocket-Version: 13' }), 400],
    ['of no version', handshake('/live/a', { 'Sec-WebSocket-Version': null }), 426],
    ['without a key', handshake('/live/a', { 'Sec-WebSocket-Key': null }), 400],
    ['with a short key', handshake('/live/a', { 'Sec-WebSocket-Key': 'YQ==' }), 400],
    ['with two keys', handshake('/live/a', { 'Sec-WebSocket-Key': `${'a'.repeat(22)}==, b` }), 400],
    ['with a body', `${handshake('/live/a', { 'Content-Length': '5' })}hello`, 400],
    ['with chunks', `${handshake('/live/a', { 'Transfer-Encoding': 'chunked' })}0\r\n\r\n`, 400],
    ['to a path in disguise', handshake('/live/x/..%2fadmin'), 400],
    ['to an absolute address', handshake('http://evil.example/live/a'), 400],
    ['with two credentials', handshake('/live/a', { Authorization: 'me\r\nAuthorization: you' }), 400],
  ])('%s is answered and closed', async (_, bytes, expected) => {
    await using t = await toEcho()
    const answer = await say(t.bff.url, bytes)
    expect(status(answer)).toBe(expected)
    expect(answer).toMatch(/content-type: application\/problem\+json/)
    if (expected === 426) expect(answer).toMatch(/sec-websocket-version: 13/)
    expect(t.service.asked).toEqual([])
  })

  it(`that the service leaves half finished is over in time, were it ${many} at once, and the next is served`, async () => {
    let well = false
    const cooldown = 300
    const caps = { route: many, client: many }
    await using t = await toScript((socket) => void (well && socket.write(`${switched}\r\n`)), {
      policy: { breaker: { cooldown } },
      spec: { caps },
    })
    await using stack = new AsyncDisposableStack()
    const lines: Wire[] = []
    // The kernel lets no more than some hundred wait to be taken.
    while (lines.length < many) lines.push(stack.use(await wire(t.bff.url)))
    const start = performance.now()
    for (const line of lines) line.write(handshake())
    const answers = await Promise.all(lines.map((line) => line.closed(20_000)))
    // What shook hands or waited for its turn is late; what came behind was told at once, by the bulkhead or the breaker.
    const [late, refused] = [504, 503].map((wanted) => answers.filter((one) => status(one) === wanted).length)
    expect(late! + refused!).toBe(many)
    expect(late).toBeGreaterThan(0)
    const { calls, queue } = complete({}).bulkhead
    const probes = Math.ceil((performance.now() - start) / cooldown)
    expect(t.service.connections).toBeLessThanOrEqual(calls + queue + probes)
    await eventually(() => t.service.open === 0 && t.bff.door.open === 0)
    well = true
    for (let opened = ''; !opened.startsWith('HTTP/1.1 101');) {
      await using line = await wire(t.bff.url)
      line.write(handshake())
      opened = await line.until(/\r\n\r\n/)
    }
  }, 60_000)

  it('that is half finished has a seat, and gives it back', async () => {
    await using t = await toScript(() => undefined, { spec: { caps: { route: 2, client: 2 } } })
    const halves = [say(t.bff.url, handshake()), say(t.bff.url, handshake())]
    await eventually(() => t.service.heads.length === 2)
    const answer = await say(t.bff.url, handshake())
    expect([status(answer), code(answer)]).toEqual([503, 'too-many-sockets'])
    expect((await Promise.all(halves)).map(status)).toEqual([504, 504])
    expect(status(await say(t.bff.url, handshake()))).toBe(504)
  })

  it('whose client leaves before it is answered is called off at the service', async () => {
    await using t = await toScript(() => undefined, { policy: { timeout: 60_000 }, around: { handshake: 60_000 } })
    await using line = await wire(t.bff.url)
    line.write(handshake())
    await eventually(() => t.service.heads.length === 1)
    line.socket.destroy()
    await eventually(() => t.service.open === 0)
  })

  it('whose guard never ends is over in time, and nothing is dialled when it ends late', async () => {
    const guard = Promise.withResolvers<object>()
    await using t = await toScript(() => undefined, { guard: () => guard.promise, around: { handshake: 100 } })
    expect(status(await say(t.bff.url, handshake(), 10_000))).toBe(504)
    guard.resolve({})
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(t.service.connections).toBe(0)
  })

  it('whose predicate throws fails, and goes nowhere else', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    await using t = await toEcho({ when: { test: broken, describe: 'broken' } })
    const answer = await say(t.bff.url, handshake())
    expect([status(answer), code(answer)]).toEqual([500, 'internal-error'])
  })
})

describe('what asks for another protocol', () => {
  const next = 'GET /files/second HTTP/1.1\r\nHost: a\r\n\r\n'
  it.each([
    ['S-19: foo', 'Upgrade: foo\r\nConnection: Upgrade'],
    ['S-20: h2c', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings'],
  ])('%s is served as if it had not, on a connection that then ends', async (_, lines) => {
    const guarded: string[] = []
    await using t = await toScript((socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`), {
      guard: ({ path }) => ({ n: guarded.push(path) }),
    })
    const answer = await say(t.bff.url, `GET /files/first HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n${next}`)
    expect(answer).toMatch(/^HTTP\/1.1 200[^]*connection: close[^]*\r\n\r\nok$/)
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1)
    expect(guarded).toEqual(['/files/first'])
    expect(t.service.heads.join('')).not.toMatch(/upgrade|http2-settings|h2c/i)
  })

  it('S-19: a refused WebSocket takes what is pipelined behind it along', async () => {
    await using t = await toScript((socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`))
    const answer = await say(t.bff.url, handshake('/live/a', { 'Sec-WebSocket-Version': '12' }) + next)
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1)
    expect(t.service.connections).toBe(0)
  })
})

describe('a service', () => {
  const line = (text: string) => (socket: Socket) => void socket.write(`HTTP/1.1 ${text}\r\n\r\n`)
  const h2c = switched.replace('websocket', 'h2c')
  it.each<[string, (socket: Socket) => void, number, string]>([
    ['U-14: that changes to h2c', (socket) => void socket.write(`${h2c}\r\n`), 502, 'upstream-failed'],
    [
      'U-14: that proves nothing',
      (socket) => void socket.write(`${switched.replace(accept, 'x')}\r\n`),
      502,
      'upstream-failed',
    ],
    ['U-14: that changes without a word to what', line('101 Switching Protocols'), 502, 'upstream-failed'],
    ['that answers 200', line('200 OK\r\nContent-Length: 0'), 502, 'upstream-failed'],
    ['that answers 302', line('302 Found\r\nLocation: ws://evil.example\r\nContent-Length: 0'), 502, 'upstream-failed'],
    ['that fails', line('500 Oops\r\nContent-Length: 0'), 502, 'upstream-failed'],
    ['that speaks no HTTP', line('bananas'), 502, 'upstream-failed'],
    ['that resets', (socket) => socket.resetAndDestroy(), 502, 'upstream-failed'],
    ['that hangs up', (socket) => socket.end(), 502, 'upstream-failed'],
    [
      'of endless interim answers',
      (socket) => void socket.write('HTTP/1.1 102 P\r\n\r\n'.repeat(50)),
      502,
      'upstream-failed',
    ],
    ['that does not know us', line('401 No\r\nContent-Length: 0\r\nSet-Cookie: a=b'), 502, 'upstream-failed'],
    ['that forbids', line('403 No\r\nContent-Length: 0'), 403, 'forbidden'],
    ['that finds nothing', line('404 No\r\nContent-Length: 0'), 404, 'not-found'],
    ['that has enough', line('429 No\r\nContent-Length: 0\r\nRetry-After: 7'), 429, 'too-many-requests'],
  ])('%s is answered for with a problem', async (_, script, expected, named) => {
    await using t = await toScript(script)
    const answer = await say(t.bff.url, handshake())
    expect([status(answer), code(answer)]).toEqual([expected, named])
    expect(answer).not.toMatch(/set-cookie|127\.0\.0\.1/i)
    if (expected === 429) expect(answer).toMatch(/retry-after: 7\r\n/)
    await eventually(() => t.service.open === 0)
  })

  it('that is not there is answered for', async () => {
    await using t = await doorTo('http://127.0.0.1:1')
    expect(status(await say(t.url, handshake()))).toBe(502)
  })

  it('U-14: that changes protocols unasked is a 502 of the ordinary kind', async () => {
    await using t = await toScript((socket) => socket.write(`${switched}\r\n`))
    const answer = await fetch(`${t.bff.url}/files/a`)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([502, 'upstream-failed'])
  })

  it('says nothing to the client but the handshake', async () => {
    await using t = await toScript((socket) =>
      socket.write(
        `${switched}Set-Cookie: a=b\r\nServer: x\r\nX-Internal-Id: 1\r\nSec-WebSocket-Protocol: v2\r\n\r\nhi`,
      ),
    )
    await using client = await wire(t.bff.url)
    client.write(handshake())
    const [head] = (await client.until(/hi$/)).split('\r\n\r\n')
    expect(head!.toLowerCase().split('\r\n').toSorted()).toEqual([
      'connection: upgrade',
      'http/1.1 101 switching protocols',
      `sec-websocket-accept: ${accept.toLowerCase()}`,
      'sec-websocket-protocol: v2',
      'upgrade: websocket',
    ])
  })
})

describe('an open socket', () => {
  const opened = async (t: Awaited<ReturnType<typeof toScript>>) => {
    const client = await wire(t.bff.url)
    client.write(handshake())
    await client.until(/\r\n\r\n/)
    return client
  }
  const greet = (socket: Socket) => void socket.write(`${switched}\r\n`)

  it.each<[string, (socket: Socket) => void]>([
    ['breaks', (socket) => socket.resetAndDestroy()],
    ['ends', (socket) => socket.end()],
  ])('is gone at both ends when the client %s', async (_, act) => {
    await using t = await toScript(greet)
    await using client = await opened(t)
    act(client.socket)
    await eventually(() => t.service.open === 0 && t.bff.door.open === 0)
  })

  it.each<[string, (socket: Socket) => void]>([
    ['breaks', (socket) => socket.resetAndDestroy()],
    ['ends', (socket) => socket.end('last words')],
  ])('is gone at both ends when the service %s', async (name, act) => {
    const sockets: Socket[] = []
    await using t = await toScript((socket) => {
      sockets.push(socket)
      greet(socket)
    })
    await using client = await opened(t)
    act(sockets[0]!)
    const all = await client.closed()
    if (name === 'ends') expect(all).toMatch(/last words$/)
    await eventually(() => t.service.open === 0 && t.bff.door.open === 0)
  })

  it('is gone at both ends when nothing moves for too long, and not before', async () => {
    await using t = await toScript(greet, { spec: { idle: 300 } })
    await using client = await opened(t)
    const start = performance.now()
    for (let nth = 0; nth < 8; nth++) {
      client.write('ping')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await client.closed()
    expect(performance.now() - start).toBeGreaterThan(600)
    await eventually(() => t.service.open === 0)
  })

  it('keeps a service from sending more than the client takes, and loses nothing', async () => {
    const total = 64 * 1_024 * 1_024
    const piece = Buffer.alloc(65_536, 'x')
    let sent = 0
    await using t = await toScript((socket) => {
      greet(socket)
      const more = () => {
        while (sent < total) {
          sent += piece.length
          if (socket.write(piece)) continue
          socket.once('drain', more)
          return
        }
        socket.end()
      }
      more()
    })
    await using client = await wire(t.bff.url)
    client.socket.pause()
    client.socket.write(handshake())
    let before = -1
    while (sent !== before) {
      before = sent
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(sent).toBeLessThan(total / 2)
    client.socket.removeAllListeners('data')
    let received = 0
    client.socket.on('data', (chunk: string) => void (received += chunk.length))
    client.socket.resume()
    await once(client.socket, 'end')
    expect(received - (received % piece.length)).toBe(total)
  })

  it('counts against the cap of its client until it is closed', async () => {
    await using t = await toEcho({ spec: { caps: { client: 2 } } })
    const [first] = [await t.dial(), await t.dial()]
    const answer = await say(t.bff.url, handshake())
    expect([status(answer), code(answer)]).toEqual([429, 'too-many-sockets'])
    expect(answer).toMatch(/retry-after: \d+/)
    first.terminate()
    await eventually(() => t.bff.door.open === 1)
    await t.dial()
  })

  it('counts per user where somebody signed in', async () => {
    const around = { clientKey: ({ headers }: { headers: object }) => String((headers as { 'x-u'?: string })['x-u']) }
    await using t = await toEcho({ spec: { caps: { client: 1 } }, around })
    await t.dial('/live/a', { headers: { 'x-u': 'a' } })
    await t.dial('/live/a', { headers: { 'x-u': 'b' } })
    expect(status(await say(t.bff.url, handshake('/live/a', { 'X-U': 'a' })))).toBe(429)
  })

  it('needs a limit that says yes', async () => {
    const limit = () => {
      throw problem(429, 'too-many-requests', { headers: { 'retry-after': '3' } })
    }
    await using t = await toEcho({ around: { limits: { address: limit } } })
    expect(status(await say(t.bff.url, handshake()))).toBe(429)
    expect(t.service.asked).toEqual([])
  })

  it('is closed when the server stops, after which none is taken', async () => {
    await using t = await toEcho()
    const sockets = [await t.dial(), await t.dial()]
    const closed = sockets.map((socket) => once(socket, 'close'))
    t.bff.door.drain()
    await Promise.all(closed)
    await eventually(() => t.service.server.clients.size === 0 && t.bff.door.open === 0)
    const answer = await say(t.bff.url, handshake())
    expect([status(answer), code(answer)]).toEqual([503, 'draining'])
  })
})

describe('what cannot be meant', () => {
  it.each<[object, RegExp]>([
    [{ origins: [] }, /origins is empty/],
    [{ origins: ['*'] }, /"\*" is not an origin/],
    [{ origins: ['null'] }, /"null" is not an origin/],
    [{ origins: ['https://shop.example/'] }, /is not an origin/],
    [{ origins: ['shop.example'] }, /is not an origin/],
    [{ caps: { client: 0 } }, /caps\.client must be at least 1/],
    [{ idle: 0 }, /idle must be more than 0/],
    [{ rewrite: { request: [['set', 'cookie', 'a']] } }, /cookie is set by the gateway/],
  ])('%j is a fault at boot', async (spec, sentence) => {
    await expect(doorTo('http://127.0.0.1:1', { spec })).rejects.toThrow(sentence)
  })
})
