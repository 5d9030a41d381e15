import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { gzipSync } from 'node:zlib'
import { upstream } from '../../src/testing.ts'
import { until } from '../leaks.ts'
import { say, type Wire, wire } from '../raw.ts'
import { shop } from '../shop.ts'
import { answersIn, type Gate, gateTo, head, problemOf, refused, tell } from './gate.ts'

let gate: Gate
beforeAll(async () => {
  gate = await gateTo()
})
afterAll(() => gate[Symbol.asyncDispose]())

const many = (count: number, field: (i: number) => string) => Array.from({ length: count }, (_, i) => field(i))
const get = (...fields: string[]) => head('GET /api/files/evil', ...fields)

describe.each([
  ['first', false],
  ['second', true],
])('%s on its connection', (_, second) => {
  it.each([
    ['Z-01', 'a head of 17 KB', get(`a: ${'e'.repeat(17_000)}`), 431, 'headers-too-large'],
    ['Z-01', 'a field over 8 KB', get(`a: ${'e'.repeat(8_192)}`), 431, 'headers-too-large'],
    ['Z-01', '3 000 fields', get(...many(3_000, () => 'a: b')), 431, 'headers-too-large'],
    ['Z-01', '101 fields', get(...many(100, (i) => `a${i}: b`)), 431, 'headers-too-large'],
    ['Z-02', '1 500 fields, the last with a name', get(...many(1_500, () => 'a: b'), 'authorization: evil'), 431, ''],
    ['Z-16', '5 000 cookies', get(`cookie: ${many(5_000, () => 'a=').join(';')}`), 431, ''],
    ['Z-16', 'a cookie of 9 KB', get(`cookie: a=${'e'.repeat(9_000)}`), 431, ''],
    ['Z-16', 'cookies of 60 KB', get(`cookie: a=${'e'.repeat(60_000)}`), 431, ''],
    ['Z-16', '51 cookies', get(`cookie: ${many(51, (i) => `a${i}=b`).join('; ')}`), 400, 'malformed-header'],
    ['Z-16', '51 cookies in two fields', get(...many(2, () => `cookie: ${many(26, () => 'a=b').join(';')}`)), 400, ''],
  ])('%s: %s is refused, closed, and reaches nobody', async (_id, _what, bytes, status, code) => {
    const [said, problem] = await refused(gate, bytes, second)
    expect([said, code === '' ? '' : problem]).toEqual([status, code])
    expect(gate.seen).toEqual([])
    await gate.well()
  })

  it('Z-01, Z-16: 100 fields, 8 KB in one, and 50 cookies pass', async () => {
    const fields = [`cookie: ${many(50, () => 'a=b').join('; ')}`, `a: ${'b'.repeat(8_191)}`]
    const bytes = get(...many(96, (i) => `a${i}: b`), ...fields, 'connection: close')
    expect((await tell(gate, bytes, second)).map(({ status }) => status)).toEqual([200])
    gate.seen.length = 0
  })
})

describe('slowness', () => {
  it.concurrent('Z-04: heads that come a field at a time are refused, and cost the others nothing', async () => {
    await using slow = await gateTo({ limits: { headTime: 500 } })
    await using stack = new AsyncDisposableStack()
    const lines: Wire[] = []
    for (let i = 0; i < 50; i++) lines.push(stack.use(await wire(slow.url)))
    for (const line of lines) line.write('GET /api/files/x HTTP/1.1\r\nhost: a\r\nx')
    await slow.well()
    const said = await Promise.all(lines.map((line) => line.closed(8_000)))
    expect(new Set(said.map((text) => problemOf(answersIn(text)[0])))).toEqual(new Set(['request-timeout']))
    expect(slow.seen).toEqual([])
  })

  const length = 'content-length: 100000'
  it.concurrent.each([
    ['that stalls', [length], 'x'],
    ['in chunks that stalls', ['transfer-encoding: chunked'], '1\r\nx\r\n'],
    ['that stalls after 100 Continue', [length, 'expect: 100-continue'], ''],
  ])('Z-05: a body %s is refused, and its upstream let go', async (_what, fields, start) => {
    let gone = false
    await using slow = await gateTo({
      limits: { bodyWindow: 300 },
      service: (req) =>
        void req
          .on('error', () => undefined)
          .on('close', () => (gone = true))
          .resume(),
    })
    await using line = await wire(slow.url)
    line.write(head('PUT /api/files/x', ...fields) + start)
    const answers = answersIn(await line.closed(8_000))
    expect(answers.map(({ status }) => status)).toEqual(start === '' ? [100, 408] : [408])
    expect(problemOf(answers.at(-1))).toBe('request-timeout')
    await until(
      () => gone || slow.far.seen.length === 0,
      3_000,
      () => 'the upload goes on',
    )
    await slow.well()
  })

  it.concurrent('Z-05: a byte now and then is no progress, and a body that is fast enough is taken', async () => {
    await using slow = await gateTo({ limits: { bodyWindow: 300 } })
    await using line = await wire(slow.url)
    await using fast = await wire(slow.url)
    line.write(head('PUT /api/files/x', length))
    fast.write(head('PUT /api/files/fast', 'content-length: 30000', 'connection: close'))
    const drip = setInterval(() => {
      line.write('x')
      if (!fast.received) fast.write('x'.repeat(1_000))
    }, 100)
    try {
      expect(await line.closed(8_000)).toMatch(/^HTTP\/1\.1 408 /)
      expect(await fast.closed(10_000)).toMatch(/^HTTP\/1\.1 200 /)
    } finally {
      clearInterval(drip)
    }
  })

  it.concurrent('Z-06: what a client does not read is not read from the upstream either', async () => {
    let sent = 0
    const size = 64 * 1_048_576
    await using big = await gateTo({
      service: (_req, res) => {
        const piece = Buffer.alloc(65_536)
        const more = () => {
          while (sent < size && !res.destroyed) {
            sent += piece.length
            if (res.write(piece)) continue
            res.once('drain', more)
            return
          }
        }
        res.on('error', () => undefined).writeHead(200, { 'content-length': size })
        more()
      },
    })
    await using line = await wire(big.url)
    line.socket.pause()
    line.write(head('GET /api/files/x'))
    let before = -1
    const stands = () => new Promise<boolean>((resolve) => setTimeout(() => resolve(sent > 0 && sent === before), 300))
    while (!(await stands())) before = sent
    expect(sent).toBeLessThan(size / 2)
  })

  it.concurrent('Z-07: a connection that says nothing is closed', async () => {
    await using quiet = await gateTo({ limits: { headTime: 500 } })
    await using line = await wire(quiet.url)
    expect(await line.closed(8_000)).toMatch(/^HTTP\/1\.1 408 /)
  })

  it.concurrent('Z-07: a connection that waits too long for its next request is closed, without a word', async () => {
    await using quiet = await gateTo({ limits: { idleTime: 200 } })
    await using line = await wire(quiet.url)
    line.write(head('GET /api/files/x'))
    expect(answersIn(await line.closed(8_000))).toHaveLength(1)
  })

  it('Z-07: one address gets so many connections and no more, until one is free again', async () => {
    await using capped = await gateTo({ limits: { connectionsPerAddress: 3, uncounted: [] } })
    await using stack = new AsyncDisposableStack()
    const lines: Wire[] = []
    for (let i = 0; i < 3; i++) {
      lines.push(stack.use(await wire(capped.url)))
      lines[i]!.write(head('GET /livez'))
      await lines[i]!.until(/live/)
    }
    const fourth = stack.use(await wire(capped.url))
    fourth.write(head('GET /livez'))
    expect(await fourth.closed()).toBe('')
    await lines[0]![Symbol.asyncDispose]()
    let answered = ''
    for (let tries = 0; tries < 50 && answered === ''; tries++) {
      await using line = await wire(capped.url)
      line.write(head('GET /livez', 'connection: close'))
      answered = await line.closed()
    }
    expect(answered).toMatch(/live/)
  })

  it('Z-07: all addresses together get so many, too; one more is told so, and whether we live, and no more', async () => {
    await using capped = await gateTo({ limits: { connections: 1 } })
    await using first = await wire(capped.url)
    first.write(head('GET /readyz'))
    await first.until(/not ready: full/)
    const answers = { '/api/files/x': 503, '/livez': 200, '/readyz': 503 }
    for (const [path, status] of Object.entries(answers)) {
      const [answer] = answersIn(await say(capped.url, head(`GET ${path}`)))
      expect([path, answer!.status]).toEqual([path, status])
      expect(answer!.head).toMatch(/connection: close/i)
    }
    const asks = head('GET /livez', 'upgrade: websocket', 'connection: upgrade')
    expect(await say(capped.url, asks)).toMatch(/^HTTP\/1\.1 503 [^]*"code":"overloaded"/)
    expect(capped.seen).toEqual([])
    await first[Symbol.asyncDispose]()
    let answered = ''
    for (let tries = 0; tries < 50 && !answered.includes('echo of'); tries++)
      answered = await say(capped.url, head('GET /api/files/x', 'connection: close'))
    expect(answered).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('Z-07: nobody who comes and says nothing keeps out who asks whether we live', async () => {
    await using capped = await gateTo({ limits: { connections: 1 } })
    await using stack = new AsyncDisposableStack()
    for (let nth = 0; nth < 200; nth++) stack.use(await wire(capped.url))
    expect(await say(capped.url, head('GET /livez'))).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('closes a connection in good order after so many requests', async () => {
    await using few = await gateTo({ limits: { requestsPerConnection: 2 } })
    await using line = await wire(few.url)
    line.write(head('GET /api/files/a'))
    await line.until(/echo of \/a\r\n0\r\n\r\n/)
    line.write(head('GET /api/files/b'))
    expect(answersIn(await line.closed())[1]!.head).toMatch(/connection: close/i)
  })

  it('S-26: no more of one connection is under way than may be', async () => {
    let [now, most] = [0, 0]
    await using busy = await gateTo({
      limits: { pipelined: 4 },
      service: (_req, res) => {
        most = Math.max(most, ++now)
        setTimeout(() => res.end(String(now--)), 20)
      },
    })
    const close = (i: number) => (i === 29 ? ['connection: close'] : [])
    expect(
      await tell(busy, many(30, (i) => head('GET /api/files/x', ...close(i))).join(''), false, 5_000),
    ).toHaveLength(30)
    expect(most).toBe(4)
  })

  it('S-26: a client that sends hundreds ahead is cut off', async () => {
    let asked = 0
    await using busy = await gateTo({ service: () => void asked++ })
    await using line = await wire(busy.url)
    line.write(head('GET /api/files/x').repeat(400))
    expect(await line.closed()).toBe('')
    expect(asked).toBeLessThanOrEqual(16)
  })
})

describe('bodies', () => {
  it.each([
    ['gzip', gzipSync(Buffer.alloc(4_000_000))],
    ['br', Buffer.from('x')],
    ['x', Buffer.from('x')],
    ['gzip, gzip', gzipSync(gzipSync('{}'))],
  ])('Z-08: a body in %j is refused unread by what would have to unpack it', async (coding, body) => {
    let asked = 0
    await using far = await upstream(() => void asked++)
    await using bff = await shop({ items: far.url, notes: far.url })
    const answer = await fetch(`${bff.url}/api/items`, {
      method: 'POST',
      headers: { authorization: 'me', 'content-type': 'application/json', 'content-encoding': coding },
      body: new Uint8Array(body),
    })
    expect(answer.status).toBe(415)
    expect(asked).toBe(0)
  })

  it.each([
    'multipart/form-data',
    `multipart/form-data; boundary=${'b'.repeat(71)}`,
    'multipart/form-data; boundary="a b"',
  ])('Z-15: %s is passed on as it came', async (type) => {
    const body = '--x\r\ncontent-disposition: form-data; name="a%0d%0ab"\r\n\r\n1\r\n--x--\r\n'
    const fields = [`content-type: ${type}`, `content-length: ${body.length}`, 'connection: close']
    await tell(gate, head('POST /api/files/x', ...fields) + body)
    const [seen] = gate.seen.splice(0)
    expect([seen!.body, seen!.headers['content-type']]).toEqual([body, type])
  })
})
