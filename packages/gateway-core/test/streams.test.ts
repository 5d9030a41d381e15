import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'
import { upstream } from '../src/testing.ts'
import { echo, eventually, handshake, switched } from './door.ts'
import { before, eventsOf, type Given, reading } from './forwarded.ts'
import { rawUpstream, say, wire } from './raw.ts'

describe('E-01: an event stream through a forward', () => {
  it('is there with its first byte, and each event when it comes', async () => {
    let send: (text: string) => void = () => undefined
    await using service = await eventsOf((res) => (send = (text) => res.write(text)))
    await using bff = await before(service.url)
    const stream = await reading(`${bff.url}/s/events`)
    expect(stream.answer.headers.get('content-type')).toBe('text/event-stream')
    for (const event of ['data: 1\n\n', ': beat\n\n', 'id: 7\ndata: 2\n\n']) {
      send(event)
      expect(await stream.next()).toBe(event)
    }
  })

  it('outlives the deadline of ordinary requests, and ends at that of its policy', async () => {
    const policy = { timeout: 1_000, streamTimeout: 2_000 }
    await using service = await eventsOf((res) => {
      const timer = setInterval(() => res.write('data: x\n\n'), 50)
      res.once('close', () => clearInterval(timer))
    })
    await using bff = await before(service.url, { policy, budget: 1_000 })
    const start = performance.now()
    const stream = await reading(`${bff.url}/s/events`)
    await expect(stream.rest()).rejects.toThrow('terminated')
    expect(performance.now() - start).toBeGreaterThan(1_900)
  })

  it('that says nothing for longer than it may is cut', async () => {
    await using service = await eventsOf((res) => res.write('data: x\n\n'))
    await using bff = await before(service.url, { policy: { idleTimeout: 1_000 } })
    await expect((await reading(`${bff.url}/s/events`)).rest()).rejects.toThrow('terminated')
  })

  it('tells the service what the client had last', async () => {
    await using service = await eventsOf((res) => res.end('data: x\n\n'))
    await using bff = await before(service.url)
    await (await fetch(`${bff.url}/s/events`, { headers: { 'last-event-id': '7' } })).text()
    expect(service.seen[0]!.headers['last-event-id']).toBe('7')
  })

  it('whose client leaves is called off at the service within 50 ms', async () => {
    let best = Infinity
    for (let tries = 0; tries < 3 && best > 50; tries++) {
      const gone = Promise.withResolvers<number>()
      await using service = await eventsOf((res) => {
        res.write('data: x\n\n')
        res.once('close', () => gone.resolve(performance.now()))
      })
      await using bff = await before(service.url)
      const client = new AbortController()
      await (await reading(`${bff.url}/s/events`, { signal: client.signal })).next()
      const left = performance.now()
      client.abort()
      best = Math.min(best, (await gone.promise) - left)
    }
    expect(best).toBeLessThanOrEqual(50)
  })

  it('never comes to a good end when its service does not', async () => {
    await using service = await eventsOf((res) => res.write('data: x\n\n', () => setTimeout(() => res.destroy(), 20)))
    await using bff = await before(service.url)
    await expect((await reading(`${bff.url}/s/events`)).rest()).rejects.toThrow('terminated')
  })

  it.each<[string, Given, (bff: Awaited<ReturnType<typeof before>>) => unknown]>([
    ['ends with the proof that opened it', { expiresIn: 400, budget: 300, policy: { timeout: 300 } }, () => undefined],
    ['ends when that is taken back', {}, ({ revoked }) => revoked.user('ada')],
  ])('%s', async (_, given, act) => {
    await using service = await eventsOf((res) => res.write('data: x\n\n'))
    await using bff = await before(service.url, given)
    const stream = await reading(`${bff.url}/s/events`)
    await stream.next()
    await act(bff)
    await expect(stream.rest()).rejects.toThrow('terminated')
  })
})

describe('E-5: an event stream through a forward, when we stop,', () => {
  const away = /^event: away\nretry: (\d+)\ndata: \{.*"code":"draining".*\}\n\n$/

  it('ends well, with a reason and when to come back, at once between two events', async () => {
    await using service = await eventsOf((res) => res.write('data: x\n\n'))
    const bff = await before(service.url)
    const stream = await reading(`${bff.url}/s/events`)
    await stream.next()
    await bff[Symbol.asyncDispose]()
    expect(await stream.rest()).toMatch(away)
  })

  it('does so behind the event that is half said', async () => {
    let send: (text: string) => void = () => undefined
    await using service = await eventsOf((res) => (send = (text) => res.write(text)))
    const bff = await before(service.url)
    const stream = await reading(`${bff.url}/s/events`)
    send('data: half\n')
    expect(await stream.next()).toBe('data: half\n')
    const stopped = bff[Symbol.asyncDispose]()
    await pause(50)
    send('data: whole\n\n')
    const rest = await stream.rest()
    expect(rest.startsWith('data: whole\n\n')).toBe(true)
    expect(rest.slice('data: whole\n\n'.length)).toMatch(away)
    await stopped
  })

  it('has a time of its own to come back', async () => {
    await using service = await eventsOf((res) => res.write('data: x\n\n'))
    const bff = await before(service.url, { reconnectWithin: 10_000 })
    const streams = await Promise.all(Array.from({ length: 20 }, () => reading(`${bff.url}/s/events`)))
    for (const stream of streams) await stream.next()
    await bff[Symbol.asyncDispose]()
    const retries = (await Promise.all(streams.map((stream) => stream.rest())))
      .map((rest) => Number(away.exec(rest)![1]))
      .toSorted((a, b) => a - b)
    expect(new Set(retries).size).toBe(20)
    expect(retries.at(-1)! - retries[0]!).toBeGreaterThan(8_000)
  })

  it('that is compressed, so that nothing can be added to it, is cut at once', async () => {
    await using service = await upstream((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      res.write(gzipSync('data: x\n\n').subarray(0, 10))
    })
    const bff = await before(service.url)
    const asked = get(`${bff.url}/s/events`, { agent: false })
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    const broken = once(answer, 'error')
    const start = performance.now()
    await bff[Symbol.asyncDispose]()
    await broken
    expect(performance.now() - start).toBeLessThan(4_000)
  })

  it('that is no stream of events is finished first', async () => {
    const next = Promise.withResolvers<void>()
    await using service = await upstream(async (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/plain' }).write('one,')
      await next.promise
      res.end('two')
    })
    const bff = await before(service.url)
    const stream = await reading(`${bff.url}/s/file`)
    expect(await stream.next()).toBe('one,')
    const stopped = bff[Symbol.asyncDispose]()
    await pause(50)
    next.resolve()
    expect(await stream.rest()).toBe('two')
    await stopped
  })
})

async function dialled(url: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/s/a`)
  socket.on('error', () => undefined)
  await once(socket, 'open')
  return socket
}

const ending = async (socket: WebSocket): Promise<unknown[]> => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  return [code, String(reason)]
}

describe('W-04: a WebSocket through a forward, when we stop,', () => {
  it('is told to come back (1012), at both ends, and all that was said before has arrived', async () => {
    await using service = await echo()
    const bff = await before(service.url)
    const socket = await dialled(bff.url)
    const [far] = service.server.clients
    const back = once(socket, 'message')
    socket.send('before')
    const ends = [ending(socket), ending(far!)]
    await back
    await bff[Symbol.asyncDispose]()
    expect(await Promise.all(ends)).toEqual([
      [1_012, 'draining'],
      [1_012, 'draining'],
    ])
  })

  const opened = async (script: Parameters<typeof rawUpstream>[0]) => {
    const service = await rawUpstream(script)
    const bff = await before(service.url)
    const client = await wire(bff.url)
    client.write(handshake('/s/a'))
    await client.until(/\r\n\r\n/)
    return { service, bff, client, goodbye: '\x88\x0a\x03\xf4draining' }
  }

  it.each([
    ['a frame', ['\x81\x06abc', 'def']],
    ['the head of a frame', ['\x81', '\x06abcdef']],
    ['a message in parts', ['\x01\x03abc', '\x89\x01p', '\x80\x03def']],
  ])('is not interrupted within %s', async (_, pieces) => {
    let send: (text: string) => void = () => undefined
    const t = await opened((socket) => {
      socket.write(`${switched}\r\n`)
      send = (text) => socket.write(text, 'latin1')
    })
    await using service = t.service
    await using client = t.client
    send(pieces[0]!)
    await client.until(/\r\n\r\n./)
    const stopped = t.bff[Symbol.asyncDispose]()
    for (const piece of pieces.slice(1)) {
      await pause(30)
      expect(client.received).not.toContain('draining')
      send(piece)
    }
    await client.until(/draining/)
    send('\x81\x05later')
    const all = await client.closed(5_000)
    expect(all.slice(all.indexOf('\r\n\r\n') + 4)).toBe(pieces.join('') + t.goodbye)
    await stopped
    expect(service.open).toBe(0)
  })

  it('is cut where no end of a message comes, and holds nothing up for long', async () => {
    const t = await opened((socket) => socket.write(`${switched}\r\n\x81\x06abc`, 'latin1'))
    await using _ = t.service
    await using client = t.client
    await client.until(/abc/)
    const start = performance.now()
    await t.bff[Symbol.asyncDispose]()
    expect(performance.now() - start).toBeLessThan(6_000)
    expect((await client.closed()).endsWith('\x06abc')).toBe(true)
  })
})

describe('W-01: a WebSocket through a forward', () => {
  it.each<[string, Given, (bff: Awaited<ReturnType<typeof before>>) => unknown]>([
    ['ends with the proof that opened it', { expiresIn: 400, budget: 300, policy: { timeout: 300 } }, () => undefined],
    ['ends when that is taken back', {}, ({ revoked }) => revoked.user('ada')],
  ])('%s, with 4401', async (_, given, act) => {
    await using service = await echo()
    await using bff = await before(service.url, given)
    const socket = await dialled(bff.url)
    const end = ending(socket)
    await act(bff)
    expect(await end).toEqual([4_401, 'session over'])
    await eventually(() => service.server.clients.size === 0 && bff.door.open === 0)
  })
})

describe('an upgrade takes the road: it', () => {
  it('goes past an address that takes no connection, as any call', async () => {
    await using service = await echo()
    await using bff = await before(`http://127.0.0.1:1,${service.url}`)
    for (let nth = 0; nth < 12; nth++) await dialled(bff.url)
    expect(service.server.clients.size).toBe(12)
  })

  it('leaves out an address that fails while another works', async () => {
    await using broken = await rawUpstream((socket) => socket.write('HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n'))
    await using service = await echo()
    const policy = { balance: 'round-robin', outlier: { failures: 2 }, breaker: false } as const
    await using bff = await before(`${broken.url},${service.url}`, { policy })
    for (let nth = 0; nth < 12; nth++) await say(bff.url, handshake('/s/a'), 300).catch(() => undefined)
    expect(broken.heads).toHaveLength(2)
  })

  it('counts an open socket where it is: the next goes where there are fewer', async () => {
    await using one = await echo()
    await using other = await echo()
    await using bff = await before(`${one.url},${other.url}`)
    for (let nth = 0; nth < 10; nth++) await dialled(bff.url)
    expect([one.server.clients.size, other.server.clients.size]).toEqual([5, 5])
  })

  it('is refused at once while the breaker is open, and does not take the places of calls once it is open', async () => {
    await using service = await echo()
    await using bff = await before(service.url, { policy: { bulkhead: { calls: 2, queue: 1 } } })
    for (let nth = 0; nth < 6; nth++) await dialled(bff.url)
    expect(service.server.clients.size).toBe(6)
    await using broken = await rawUpstream((socket) => socket.resetAndDestroy())
    await using spared = await before(broken.url)
    const answers: string[] = []
    for (let nth = 0; nth < 14; nth++) answers.push((await say(spared.url, handshake('/s/a'))).slice(9, 12))
    expect(answers.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => '502'))
    expect(answers.slice(10)).toEqual(['503', '503', '503', '503'])
    expect(broken.connections).toBe(10)
  })

  it('is counted: how many were opened, are open, and were closed by whom', async () => {
    await using service = await echo()
    await using bff = await before(service.url)
    const [first, second] = [await dialled(bff.url), await dialled(bff.url), await dialled(bff.url)]
    first.close()
    await eventually(() => bff.door.open === 2)
    const [far] = [...service.server.clients].slice(-1)
    far!.terminate()
    await eventually(() => bff.door.open === 1)
    await bff.revoked.user('ada')
    await eventually(() => bff.door.open === 0)
    const text = await bff.metrics()
    expect(second.readyState).toBeGreaterThanOrEqual(WebSocket.OPEN)
    expect(text).toContain('sockets_opened_total{route="/s/*"} 3')
    expect(text).toContain('sockets_open{route="/s/*"} 0')
    for (const by of ['client', 'upstream', 'ended'])
      expect(text).toContain(`sockets_closed_total{route="/s/*",by="${by}"} 1`)
    expect(text).toMatch(/upstream_calls_seconds_count\{upstream="service",outcome="1xx"\} 3/)
  })
})
