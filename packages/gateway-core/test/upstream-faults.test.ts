import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { type Answer, ask, problemIn } from './ask.ts'
import { bothDoors, type DoorName, doors, type Given, pathOf, patient } from './both-doors.ts'
import { type Escaped, escaped } from './leaks.ts'
import { rawUpstream, wire } from './raw.ts'

type Script = (socket: Socket, head: string) => void

/** A problem with this status; 200 with the very bytes; a head, and then a cut connection; a head alone; a cut connection. */
type Want = 502 | 504 | 'fine' | 'cut' | 'empty' | 'no answer'

interface Row {
  readonly script: Script
  readonly forward: Want | readonly Want[]
  readonly screen: Want | readonly Want[]
}

const fine = '{"id":"a","name":"b"}'
const framed = `content-type: application/json\r\ncontent-length: ${fine.length}\r\n`
const ok = `HTTP/1.1 200 OK\r\n${framed}\r\n${fine}`
const chunkedHead = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'

/** Milliseconds a busy machine may add to what a policy says. */
const slack = 1_500

const say =
  (bytes: string | Buffer): Script =>
  (socket) =>
    void socket.write(bytes, 'latin1')

const sayThenEnd =
  (bytes: string): Script =>
  (socket) =>
    void socket.end(bytes, 'latin1')

const sayThenReset =
  (bytes: string): Script =>
  (socket) =>
    // A reset overtakes what the other end has not read yet.
    void socket.write(bytes, 'latin1', () => setTimeout(() => socket.resetAndDestroy(), 20))

/** `piece` again and again, until the other end has enough. */
const drip =
  (first: string, piece: string, every: number): Script =>
  (socket) => {
    socket.write(first, 'latin1')
    const timer = setInterval(() => socket.write(piece), every)
    socket.once('close', () => clearInterval(timer))
  }

const both = (want: Want | readonly Want[], script: Script): Row => ({ script, forward: want, screen: want })

const half = `HTTP/1.1 200 OK\r\n${framed}\r\n${fine.slice(0, 9)}`
const cut = (script: Script): Row => ({ script, forward: 'cut', screen: 502 })
const extra = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n"no"'

const rows: Readonly<Record<string, Row>> = {
  'U-02: silence': both(504, () => undefined),
  'U-04: a reset before the head': both(502, (socket) => socket.resetAndDestroy()),
  'U-04: an end before the head': both(502, (socket) => socket.end()),
  'U-04: an end inside the head': both(502, sayThenEnd('HTTP/1.1 200 OK\r\ncontent-le')),
  'U-05: a reset inside a body of known length': cut(sayThenReset(half)),
  'U-05: a reset inside a chunked body': cut(sayThenReset(`${chunkedHead}9\r\n${fine.slice(0, 9)}\r\n`)),
  'U-06: an end short of Content-Length': cut(sayThenEnd(half)),
  'U-06: an end inside a chunk': cut(sayThenEnd(`${chunkedHead}ff\r\n${fine}`)),
  'U-06: an end before the last chunk': cut(sayThenEnd(`${chunkedHead}15\r\n${fine}\r\n`)),
  'U-06: a head and nothing else': { script: sayThenEnd(chunkedHead), forward: ['cut', 'no answer'], screen: 502 },
  'U-06: a chunk size that is none': cut(say(`${chunkedHead}9\r\n${fine.slice(0, 9)}\r\nzz\r\n`)),
  'U-07: silence inside a body': { script: say(half), forward: 'cut', screen: 504 },
  'U-07: a body without an end': { script: drip(chunkedHead, '1\r\n{\r\n', 50), forward: 'cut', screen: 504 },
  'U-08: a head byte by byte': both(504, drip('HTTP/1.1 200 OK\r\nx: ', 'y', 50)),
  'U-09: bytes beyond Content-Length': both('fine', say(`${ok}{}`)),
  'U-09: a second answer in the same packet': both('fine', say(ok + extra)),
  'U-09: 204 with a body': { script: say(`HTTP/1.1 204 No Content\r\n\r\n${fine}`), forward: 'empty', screen: 502 },
  'U-09: 304 with a body': { script: say(`HTTP/1.1 304 Not Modified\r\n\r\n${fine}`), forward: 'empty', screen: 502 },
  'U-10: garbage': both(502, sayThenEnd('garbage\r\n\r\n')),
  'U-10: an SSH banner': both(502, say('SSH-2.0-OpenSSH_9.9\r\n')),
  'U-10: a status that is no number': both(502, sayThenEnd('HTTP/1.1 abc\r\n\r\n')),
  'U-10: status 99': both(502, sayThenEnd('HTTP/1.1 99 No\r\ncontent-length: 0\r\n\r\n')),
  'U-10: a length and chunks': both(
    502,
    say(`HTTP/1.1 200 OK\r\n${framed}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
  ),
  'U-10: NUL in a header': both(502, say(`HTTP/1.1 200 OK\r\nx: a\0b\r\n${framed}\r\n${fine}`)),
  'U-10: a control byte in a header': both(502, say(`HTTP/1.1 200 OK\r\nx: a\x01b\r\n${framed}\r\n${fine}`)),
  'U-10: a control byte in a name': both(502, say(`HTTP/1.1 200 OK\r\nx\x01: ab\r\n${framed}\r\n${fine}`)),
  'U-10: a folded header': both(502, say(`HTTP/1.1 200 OK\r\nx: a\r\n b\r\n${framed}\r\n${fine}`)),
  'U-11: two lengths': both(502, say(`HTTP/1.1 200 OK\r\ncontent-length: 9\r\n${framed}\r\n${fine}`)),
  'U-11: a header of 20 KB': both(502, say(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n${framed}\r\n${fine}`)),
  'U-11: 3 000 headers': both(502, say(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(3_000)}${framed}\r\n${fine}`)),
  'U-11: bare line feeds': both(502, say(ok.replaceAll('\r\n', '\n'))),
  'U-12: status 000': both(502, say(`HTTP/1.1 000 x\r\n${framed}\r\n${fine}`)),
  'U-12: a control byte in the reason': both([502, 'fine'], say(`HTTP/1.1 200 a\x01b\r\n${framed}\r\n${fine}`)),
  'U-12: Trailer and a length': both([502, 'fine'], say(`HTTP/1.1 200 OK\r\ntrailer: x\r\n${framed}\r\n${fine}`)),
  'U-12: Trailer and 204': {
    script: say('HTTP/1.1 204 No Content\r\ntrailer: x\r\n\r\n'),
    forward: 'empty',
    screen: 502,
  },
  'U-12: Trailer and 304': {
    script: say('HTTP/1.1 304 Not Modified\r\ntrailer: x\r\n\r\n'),
    forward: 'empty',
    screen: 502,
  },
  'U-13: status 600': both(502, say(`HTTP/1.1 600 x\r\n${framed}\r\n${fine}`)),
  'U-13: status 999': both(502, say(`HTTP/1.1 999 x\r\n${framed}\r\n${fine}`)),
  'U-14: an unasked 101': both(502, say('HTTP/1.1 101 Switching Protocols\r\n\r\n')),
  'U-14: an unasked 101 to a WebSocket': both(
    502,
    say('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
  ),
  'U-15: 32 interim answers': both('fine', say(`${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(32)}${ok}`)),
  'U-15: 33 interim answers': both(502, say(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(33)}${ok}`)),
  'U-15: 5 000 interim answers': both(502, say(`${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(5_000)}${ok}`)),
  'U-22: HTML for JSON': {
    script: say('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>'),
    forward: 'fine',
    screen: 502,
  },
  'U-22: half of a JSON, framed as whole': {
    script: say('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 6\r\n\r\n{"id":'),
    forward: 'fine',
    screen: 502,
  },
  'U-22: gzip that nobody asked for, cut short': {
    script: (socket) => {
      const zipped = gzipSync(fine).subarray(0, 20)
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`)
      socket.write(zipped)
    },
    forward: 'fine',
    screen: 502,
  },
}

const verdict = (answer: Answer): string | number => {
  if (answer.status >= 400) {
    const { status, code, source } = problemIn(answer)
    const known = { 502: 'upstream-failed', 504: 'upstream-timeout' }[status]
    return code === known && source === 'items' ? status : `${status} ${code} of ${source}`
  }
  if (answer.status === 0) return 'no answer'
  if (!answer.whole) return 'cut'
  return answer.body.length === 0 ? 'empty' : answer.status === 200 ? 'fine' : `status ${answer.status}`
}

/** Every answer is here by then: one call, the rest of its body, and the machine. */
const bound = 250 + 600 + slack

let escapes: Escaped
beforeAll(() => {
  escapes = escaped()
})
afterAll(() => {
  escapes[Symbol.dispose]()
  expect(escapes.seen).toEqual([])
})

async function setUp(script: Script, given: Given = {}) {
  const stack = new AsyncDisposableStack()
  const service = stack.use(
    await rawUpstream((socket, head) => (/^\S+ \S*\/fine /.test(head) ? void socket.write(ok) : script(socket, head))),
  )
  const bff = stack.use(await bothDoors(service.url, given))
  const agent = stack.adopt(new Agent({ keepAlive: true, maxSockets: 1 }), (one) => one.destroy())
  const get = (path: string, method = 'GET') => ask(bff.url + path, { agent, method })
  /** What a fault must leave as it was. */
  const stillWell = async () => {
    for (const door of doors) {
      const next = await get(pathOf(door, 'fine'))
      expect([next.status, next.body.toString()]).toEqual([200, fine])
    }
    expect((await get('/livez')).status).toBe(200)
    expect(escapes.seen).toEqual([])
  }
  return { bff, service, get, agent, stillWell, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Only what is to take too long is given little time. */
const givenOf = ({ screen }: Row): Given => (screen === 504 ? {} : { policy: patient })

describe.each(doors)('the %s, when the upstream errs', (door: DoorName) => {
  describe.each(['a new', 'a kept'])('on %s connection', (connection) => {
    it.each(Object.entries(rows))('%s', async (_, row) => {
      await using t = await setUp(row.script, givenOf(row))
      if (connection === 'a kept') await t.get(pathOf(door, 'fine'))
      const answer = await t.get(pathOf(door, 'bad'))
      expect([row[door]].flat()).toContain(verdict(answer))
      expect(answer.ms).toBeLessThan(bound)
      expect(answer.reused).toBe(connection === 'a kept')
      if (verdict(answer) === 'fine' && door === 'screen') expect(answer.body.toString()).toBe(fine)
      await t.stillWell()
    })
  })

  it('U-01: nothing listens', async () => {
    await using gone = await rawUpstream(() => undefined)
    await using bff = await bothDoors(gone.url)
    await gone[Symbol.asyncDispose]()
    expect(verdict(await ask(bff.url + pathOf(door, 'a')))).toBe(502)
    expect((await ask(`${bff.url}/livez`)).status).toBe(200)
  })

  it.concurrent('U-02: silence is borne until the deadline, and no longer', async () => {
    await using t = await setUp(() => undefined, { policy: { timeout: 500 } })
    const { ms } = await t.get(pathOf(door, 'bad'))
    expect(ms).toBeGreaterThan(490)
    expect(ms).toBeLessThan(500 + slack)
  })

  it.concurrent('U-08, U-07: the budget of the exchange ends what the policy would bear', async () => {
    await using t = await setUp(() => undefined, { policy: { timeout: 500 }, budget: 500 })
    expect((await t.get(pathOf(door, 'bad'))).status).toBe(504)
  })

  it.each<[string, (socket: Socket) => void]>([
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['an end', (socket) => socket.end()],
  ])('U-04: a kept connection that dies with %s is replaced without a word, a read sent again once', async (_, die) => {
    const answered = new WeakSet<Socket>()
    await using t = await setUp((socket) => {
      if (answered.has(socket)) die(socket)
      else socket.write(ok)
      answered.add(socket)
    })
    for (let nth = 0; nth < 4; nth++) expect(verdict(await t.get(pathOf(door, 'a')))).toBe('fine')
    // The second found a kept connection and then a new one; those after it did not try again so soon.
    expect([t.service.heads.length, t.service.connections]).toEqual([5, 4])
  })

  it('U-04: a write on a kept connection that dies is never sent again', async () => {
    const answered = new WeakSet<Socket>()
    await using t = await setUp((socket) => {
      if (answered.has(socket)) socket.resetAndDestroy()
      else socket.write(ok)
      answered.add(socket)
    })
    const post = () =>
      ask(t.bff.url + pathOf(door, 'a'), {
        agent: t.agent,
        method: 'POST',
        body: fine,
        headers: { 'content-type': 'application/json' },
      })
    expect(verdict(await post())).toBe('fine')
    expect(verdict(await post())).toBe(502)
    expect(t.service.heads.length).toBe(2)
  })

  it('U-09: never uses again a connection on which too much came', async () => {
    await using t = await setUp(say(ok + extra))
    for (let nth = 0; nth < 4; nth++) expect((await t.get(pathOf(door, 'a'))).body.toString()).toBe(fine)
    expect(t.service.connections).toBe(4)
  })

  it.concurrent.each([0, 5, 50])('U-19: a second answer, unasked, %i ms later is nobody’s', async (gap) => {
    await using t = await setUp(
      (socket) => {
        socket.write(ok)
        setTimeout(() => socket.write(extra), gap)
      },
      { policy: patient },
    )
    for (let nth = 0; nth < 5; nth++) {
      const answer = await t.get(pathOf(door, 'a'))
      expect([answer.status, answer.body.toString()]).toEqual([200, fine])
      await pause(gap + 30)
    }
    expect(t.service.connections).toBe(5)
    await t.stillWell()
  })

  it.concurrent('U-18: an upstream that hangs up after 20 ms of rest costs no read', async () => {
    await using service = await rawUpstream((socket) => {
      socket.write(ok)
      socket.removeAllListeners('timeout').setTimeout(20, () => socket.end())
    })
    await using bff = await bothDoors(service.url, { policy: patient })
    const lost: string[] = []
    // Eight clients whose requests come 19 to 21 ms after their last: the connection closes just then.
    const client = async (seed: number) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      for (let nth = 0; nth < 50; nth++) {
        const answer = await ask(bff.url + pathOf(door, 'a'), { agent })
        if (answer.status !== 200) lost.push(`${answer.status} ${answer.body}`)
        await pause(19 + ((nth + seed) % 3))
      }
      agent.destroy()
    }
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(client))
    expect(lost).toEqual([])
    expect(service.heads.length).toBeGreaterThanOrEqual(400)
    expect(service.connections).toBeGreaterThan(8)
  })

  it('U-21: an upstream that only fails is asked no more', async () => {
    await using t = await setUp(sayThenEnd('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n'), {
      policy: { breaker: { minimum: 20, cooldown: 5_000 } },
    })
    const statuses: number[] = []
    for (let nth = 0; nth < 60; nth++) statuses.push((await t.get(pathOf(door, 'bad'))).status)
    expect(t.service.heads.length).toBeLessThanOrEqual(20)
    const spared = await t.get(pathOf(door, 'bad'))
    expect(problemIn(spared)).toMatchObject({ status: 503, code: 'upstream-unavailable', source: 'items' })
    expect(Number(spared.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(statuses.at(-1)).toBe(503)
  })

  it('U-21, G10: retries add a fifth to a crowd, not a whole crowd', async () => {
    await using service = await rawUpstream((socket) =>
      setTimeout(() => socket.end('HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n'), 100),
    )
    await using bff = await bothDoors(service.url, { policy: { attempts: 3, timeout: 2_000 } })
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(bff.url + pathOf(door, 'a'))))
    expect(answers.filter(({ status }) => status < 500)).toEqual([])
    expect(service.heads.length).toBeGreaterThan(200)
    expect(service.heads.length).toBeLessThanOrEqual(260)
  })

  it.concurrent('U-03: a connection that is never accepted takes no longer than connecting may', async () => {
    await using full = await deafServer()
    await using bff = await bothDoors(full.url, { policy: { timeout: 2_500 } })
    const answer = await ask(bff.url + pathOf(door, 'a'))
    expect(verdict(answer)).toBe(504)
    expect(answer.ms).toBeLessThan(200 + slack)
  })
})

/** A server whose queue of connections is full: further ones are not even refused. */
async function deafServer() {
  const script =
    'const s=require("net").createServer();s.listen({port:0,host:"127.0.0.1",backlog:1},()=>{' +
    'process.stdout.write(String(s.address().port),()=>Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0))})'
  const child: ChildProcess = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout!, 'data')) as [Buffer]
  const fillers = Array.from({ length: 4 }, () => connect(Number(port), '127.0.0.1').on('error', () => undefined))
  await pause(100)
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of fillers) socket.destroy()
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe('a forward alone', () => {
  it.concurrent('U-07: a silent body is cut at its idle limit, one that never ends at its own', async () => {
    await using silent = await setUp(say(half), { policy: { idleTimeout: 200, streamTimeout: 5_000 } })
    const first = await silent.get(pathOf('forward', 'bad'))
    expect([verdict(first), first.body.toString()]).toEqual(['cut', fine.slice(0, 9)])
    expect(first.ms).toBeLessThan(200 + slack)
    await using endless = await setUp(drip(chunkedHead, '1\r\n{\r\n', 50), { policy: { streamTimeout: 600 } })
    const second = await endless.get(pathOf('forward', 'bad'))
    expect(verdict(second)).toBe('cut')
    expect(second.ms).toBeGreaterThan(590)
    expect(second.ms).toBeLessThan(600 + slack)
  })

  it('U-07: passes a head on before anything of its body comes', async () => {
    await using t = await setUp(say(chunkedHead), { policy: { idleTimeout: 5_000, streamTimeout: 5_000 } })
    await using line = await wire(t.bff.url)
    line.write(`GET ${pathOf('forward', 'bad')} HTTP/1.1\r\nhost: a\r\n\r\n`)
    expect(await line.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('U-09: passes the bytes that were announced, and none beyond', async () => {
    await using t = await setUp(say(`${ok}{}`))
    expect((await t.get(pathOf('forward', 'bad'))).body.toString()).toBe(fine)
  })

  it('U-09: a body for a HEAD is nobody’s', async () => {
    await using t = await setUp(say(ok))
    const head = await t.get(pathOf('forward', 'bad'), 'HEAD')
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, String(fine.length)])
    await t.stillWell()
  })

  it('U-15: passes on no interim answer', async () => {
    await using t = await setUp(say(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${ok}`))
    await using line = await wire(t.bff.url)
    line.write(`GET ${pathOf('forward', 'bad')} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
    expect(await line.closed()).toMatch(/^HTTP\/1\.1 200 (?!.*HTTP\/1\.1)/s)
  })

  it('U-16: what has no type is not guessed at', async () => {
    await using t = await setUp(say('HTTP/1.1 200 OK\r\ncontent-length: 25\r\n\r\n<script>alert(1)</script>'))
    const { headers } = await t.get(pathOf('forward', 'bad'))
    expect([headers['content-type'], headers['x-content-type-options']]).toEqual([
      'application/octet-stream',
      'nosniff',
    ])
  })

  it('U-22: passes on as they are the bytes it does not understand', async () => {
    await using t = await setUp(rows['U-22: gzip that nobody asked for, cut short']!.script)
    const { headers, body } = await t.get(pathOf('forward', 'bad'))
    expect(headers['content-encoding']).toBe('gzip')
    expect(body.equals(gzipSync(fine).subarray(0, 20))).toBe(true)
  })

  it.each([
    ['413', 'HTTP/1.1 413 No\r\ncontent-length: 4\r\n\r\nstop', 413, undefined],
    ['302', 'HTTP/1.1 302 Found\r\nlocation: /items/b\r\ncontent-length: 4\r\n\r\nstop', 302, '/api/files/items/b'],
  ])('U-17: an early %s to an upload passes on, and its connection is not used again', async (_, bytes, status, to) => {
    const heads: string[] = []
    let connections = 0
    // Not `rawUpstream`: it would take the rest of the upload for heads.
    const server = createServer((socket) => {
      connections++
      socket.on('error', () => undefined)
      socket.once('data', (chunk) => {
        heads.push(chunk.toString('latin1'))
        socket.write(chunk.includes('/fine ') ? ok : bytes)
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    await using bff = await bothDoors(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await using line = await wire(bff.url)
    line.write(`PUT ${pathOf('forward', 'bad')} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nsome`)
    const answer = await line.until(/stop/)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    if (to !== undefined) expect(answer.toLowerCase()).toContain(`location: ${to}`)
    expect((await ask(bff.url + pathOf('forward', 'fine'))).body.toString()).toBe(fine)
    expect([heads.length, connections]).toEqual([2, 2])
    server.close()
  })
})

describe('a screen alone', () => {
  const faults = Object.entries(rows).filter(([, { screen }]) => screen === 502 || screen === 504)

  it.each(faults)('answers without an optional part: %s', async (_, row) => {
    await using t = await setUp(row.script, givenOf(row))
    const answer = await t.get('/api/maybe/bad')
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
      200,
      { name: 'nobody knows', meta: { parts: { item: 'fallback' } } },
    ])
    expect(answer.ms).toBeLessThan(bound)
  })
})

describe.each(doors)('the %s, over TLS', (door: DoorName) => {
  it.concurrent('U-23: gives up on a handshake that stalls', async () => {
    await using service = await rawUpstream(() => undefined)
    await using bff = await bothDoors(service.url.replace('http:', 'https:'), { policy: { timeout: 2_500 } })
    const answer = await ask(bff.url + pathOf(door, 'a'))
    expect(verdict(answer)).toBe(504)
    expect(answer.ms).toBeLessThan(200 + slack)
  })

  it('U-23: says nothing in the clear to one that speaks no TLS', async () => {
    const seen: string[] = []
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => seen.push(chunk.toString('latin1')) && socket.end(ok))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    await using bff = await bothDoors(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect(verdict(await ask(bff.url + pathOf(door, 'secret')))).toBe(502)
    expect(seen.join('')).not.toMatch(/HTTP\/1\.1|secret/)
    expect(seen.length).toBeGreaterThan(0)
    server.close()
  })
})
