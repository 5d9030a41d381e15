import { once } from 'node:events'
import { get as request, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import { revocations, type Revocations, signedIn } from '../src/auth.ts'
import type { Contract } from '../src/contract.ts'
import { gateway, type Listening, problem, serve } from '../src/index.ts'
import { memoryStore } from '../src/state/memory.ts'
import { internalTokens } from '../src/token.ts'
import { signedInAs } from '../src/testing.ts'
import { eventually } from './door.ts'
import { silent } from './exchange.ts'
import { type FeedService, feedService, Thing, things } from './feed.ts'

/** Of each large one on the wire. */
const size = 8_000
const Large = z.object({ n: z.int(), padding: z.string() })

/** `IDLE=5000` asks for more; each takes two descriptors here (`ulimit -n`). */
const idle = Number(process.env['IDLE'] ?? 1_000)

const front = {
  'GET /api/things/:id/events': { streams: 'numbered', out: Thing, errors: { 'thing-not-found': 404 } },
  'GET /api/large/:id/events': { streams: 'numbered', out: Large },
} as const satisfies Contract

let service: FeedService
let bff: Listening
let known: Revocations
let expiresAt: number
/** Before it is over nobody is signed in. */
let authenticating: Promise<void> | undefined
/** Its ends, in order. */
let answers: ServerResponse[]

beforeEach(async () => {
  expiresAt = Date.now() + 60_000
  authenticating = undefined
  service = await feedService((url) => !url.startsWith('/things/none'))
  const { live, app } = gateway(front, { things }, { things: { token: 'user', timeout: 1_000 } })
  const store = memoryStore()
  known = revocations({ store, log: silent })
  const events = live('GET /api/things/:id/events', {
    guard: signedIn,
    caps: { route: 4, client: 3 },
    follow: ({ params, after, from }) => from.things('GET /things/:id', { id: params.id, after }),
    view: ({ n }) => ({ n, secret: 'does not leave' }),
    over: ({ n }) => n === 9,
  })
  const large = live('GET /api/large/:id/events', {
    guard: signedIn,
    caps: { client: idle },
    follow: ({ params, after, from }) => from.things('GET /things/:id', { id: params.id, after }),
    view: ({ n }) => ({ n, padding: 'x'.repeat(size) }),
  })
  const made = app([events, large], {
    upstreams: { things: service.url },
    log: silent,
    store,
    tokens: internalTokens({ name: 'test', log: silent }),
    revocations: known,
    authenticate: async ({ headers }) => {
      const user = headers['x-who'] as string | undefined
      if (user === undefined) throw problem(401, 'session-required')
      await authenticating
      return signedInAs(user, { by: 'session', sessionId: `${user}-s`, expiresAt })
    },
  })
  const { handler, door } = made
  const served = { name: 'test', port: 0, hostname: '127.0.0.1', portVariable: 'PORT', log: silent }
  answers = []
  const noted: RequestListener = (req, res) => {
    answers.push(res)
    handler(req, res)
  }
  bff = await serve({ ...served, handler: noted, drain: door.drain, release: made })
})

afterEach(async () => {
  await bff[Symbol.asyncDispose]()
  await service[Symbol.asyncDispose]()
})

interface Stream {
  readonly answer: IncomingMessage
  /** What came so far, without the first word and what says nothing. */
  readonly text: () => string
  readonly over: () => boolean
  /** Waits until this has come. */
  readonly until: (text: string) => Promise<void>
}

async function open(path = '/api/things/a/events', headers: Record<string, string> = {}): Promise<Stream> {
  const asked = request(bff.url + path, { headers: { 'x-who': 'ada', ...headers }, agent: false })
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  let over = false
  answer.setEncoding('utf8')
  answer.on('data', (chunk: string) => (text += chunk)).on('error', () => undefined)
  answer.on('close', () => (over = true))
  const bare = () => text.replace(/^retry: \d{4}\n\n/, '').replaceAll(':\n\n', '')
  return { answer, text: bare, over: () => over, until: (wanted) => eventually(() => bare().includes(wanted)) }
}

const codeOf = async ({ answer, over, text }: Stream) => {
  await eventually(over)
  return [answer.statusCode, (JSON.parse(text()) as { code: string }).code]
}

describe('E-1: a live stream', () => {
  it('has the numbers of its items as ids, says when to come back, and shows nothing that its contract does not know', async () => {
    service.happen()
    const stream = await open()
    await stream.until('live')
    service.happen()
    await stream.until('id: 2')
    expect(stream.text()).toBe('id: 1\ndata: {"n":1}\n\nevent: live\ndata: {"rev":1}\n\nid: 2\ndata: {"n":2}\n\n')
    expect(stream.answer.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      incremental: '?1',
    })
  })

  it.each([
    ['Last-Event-ID', '/api/things/a/events', { 'last-event-id': '2' }],
    ['after', '/api/things/a/events?after=2', {}],
    ['Last-Event-ID before after', '/api/things/a/events?after=1', { 'last-event-id': '2' }],
  ])('goes on after the last that its client knows: %s', async (_, path, headers) => {
    for (let i = 0; i < 3; i++) service.happen()
    const stream = await open(path, headers)
    await stream.until('live')
    expect(stream.text()).toMatch(/^id: 3\n/)
  })

  it.each(['-1', '1.5', 'x', '1e3', '1234567890123456', '1\u00a02'])('E-01: takes no other id: %j', async (id) => {
    expect(await codeOf(await open(undefined, { 'last-event-id': id }))).toEqual([422, 'validation'])
  })

  it('is lines where that is asked for', async () => {
    service.happen()
    const stream = await open(undefined, { accept: 'application/x-ndjson' })
    await stream.until('live')
    expect(stream.text()).toBe('{"rev":1,"item":{"n":1}}\n{"rev":1,"note":"live"}\n')
  })

  it('ends with what nothing can follow, and is 204 for whoever comes back', async () => {
    for (let i = 0; i < 8; i++) service.happen()
    const stream = await open('/api/things/a/events?after=8')
    await stream.until('live')
    service.happen()
    await eventually(stream.over)
    expect(stream.text()).toMatch(/id: 9\ndata: \{"n":9\}\n\nevent: end\ndata: \{\}\n\n$/)
    const again = await open(undefined, { 'last-event-id': '9' })
    expect([again.answer.statusCode, again.text()]).toEqual([204, ''])
  })

  it('says that nothing is heard at present, and when it is again', async () => {
    const stream = await open()
    await stream.until('event: live')
    await service.stop()
    await stream.until('event: lost')
    service.happen()
    await service.start()
    await stream.until('id: 1\ndata: {"n":1}\n\nevent: live')
  })

  it('E-3: says to read anew where items are gone', async () => {
    for (let i = 0; i < 250; i++) service.happen()
    const first = await open(undefined, { 'last-event-id': '240' })
    await first.until('event: live')
    const second = await open(undefined, { 'last-event-id': '3' })
    await second.until('event: live')
    expect(second.text()).toMatch(/^id: 250\nevent: resync\ndata: \{"rev":250\}\n\nevent: live/)
  })
})

describe('E-4: a reader that takes nothing for a while', () => {
  const most = 4_000

  /** What it reads, short: `3`, `resync 3`. The items themselves would be too much to keep. */
  async function reader() {
    const { answer, until } = await open('/api/large/a/events')
    await until('live')
    const read: string[] = []
    let rest = ''
    answer.removeAllListeners('data').on('data', (chunk: string) => {
      const events = (rest + chunk).split('\n\n')
      rest = events.pop()!
      for (const event of events) {
        const [, id] = /^id: (\d+)\n/.exec(event) ?? []
        if (id !== undefined) read.push(event.includes('event: resync') ? `resync ${id}` : id)
      }
    })
    return { answer, read }
  }

  it('has a buffer and one item waiting for it, holds back nobody, and then reads how things stand', async () => {
    const [slow, quick] = [await reader(), await reader()]
    slow.answer.pause()
    let waiting = 0
    for (let n = 1; n <= most; n++) {
      service.happen(1_000)
      if (n % 20 === 0) await eventually(() => quick.read.at(-1) === String(n), 10_000)
      waiting = Math.max(waiting, answers[0]!.writableLength)
    }
    expect(waiting).toBeGreaterThan(0)
    expect(waiting).toBeLessThan(65_536 + size)
    expect(quick.read).toEqual(Array.from({ length: most }, (_, i) => String(i + 1)))
    slow.answer.resume()
    await eventually(() => slow.read.at(-1) === `resync ${most}`, 10_000)
    service.happen()
    await eventually(() => slow.read.at(-1) === String(most + 1))
    // What it got before lay in the buffers of the two kernels.
    const read = slow.read.slice(0, -2)
    expect(read).toEqual(Array.from({ length: read.length }, (_, i) => String(i + 1)))
    expect(read.length).toBeLessThan(most / 2)
  }, 60_000)
})

describe(`E-01: ${idle} readers of whom nothing is heard`, () => {
  it('share one connection to the service, hear of what happens at last, and are all gone in time when the app stops', async () => {
    const read: string[] = []
    const over = new Set<number>()
    const all = Array.from({ length: idle }, async (_, nth) => {
      const { answer } = await open('/api/large/a/events')
      read[nth] = ''
      answer.removeAllListeners('data').on('data', (chunk: string) => (read[nth] += chunk.replaceAll('x', '')))
      answer.once('end', () => over.add(nth))
    })
    await Promise.all(all)
    await eventually(() => read.every((text) => text.includes('event: live')), 20_000)
    expect(service.asked).toHaveLength(1)
    service.happen()
    await eventually(() => read.every((text) => text.includes('id: 1\n')), 20_000)
    await bff[Symbol.asyncDispose]()
    await eventually(() => over.size === idle, 20_000)
    expect(read.filter((text) => !/event: away\nretry: \d+\n/.test(text))).toEqual([])
  }, 120_000)
})

describe('a live stream that is refused', () => {
  it.each([
    [404, 'thing-not-found', '/api/things/none/events', {}],
    [401, 'session-required', '/api/things/a/events', { 'x-who': '' }],
  ])('is the problem %d %s before it begins', async (status, code, path, headers) => {
    const who = (headers as { 'x-who'?: string })['x-who'] === '' ? {} : { 'x-who': 'ada' }
    const response = await fetch(bff.url + path, { headers: who })
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code])
  })

  it('is 502 when nobody can be asked in time', async () => {
    await service.stop()
    expect(await codeOf(await open())).toEqual([502, 'upstream-failed'])
    await service.start()
  })

  it('is 429 for one client with too many, 503 for all together, and has room again when one leaves', async () => {
    const all = [await open(), await open(), await open()]
    expect(await codeOf(await open())).toEqual([429, 'too-many-streams'])
    all.push(await open(undefined, { 'x-who': 'eve' }))
    const refused = await open(undefined, { 'x-who': 'bob' })
    expect(refused.answer.headers['retry-after']).toBe('5')
    expect(await codeOf(refused)).toEqual([503, 'too-many-streams'])
    all[0]!.answer.destroy()
    let status: number | undefined
    for (let tries = 0; status !== 200 && tries < 100; tries++) status = (await open()).answer.statusCode
    expect(status).toBe(200)
  })

  it('X-01: keeps no place for those who left while they were asked who they are', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    authenticating = promise
    const left = Array.from({ length: 9 }, () => {
      const asked = request(`${bff.url}/api/things/a/events`, { headers: { 'x-who': 'ada' }, agent: false })
      return asked.on('error', () => undefined)
    })
    await eventually(() => answers.length === left.length)
    for (const one of left) one.destroy()
    await eventually(() => answers.every(({ destroyed }) => destroyed))
    resolve()
    const all = [await open(), await open(), await open()]
    expect(all.map(({ answer }) => answer.statusCode)).toEqual([200, 200, 200])
    expect(service.asked).toHaveLength(1)
  })
})

describe('a live stream ends', () => {
  it('L-9: with session-ended when its session does, within a second, and those of others do not', async () => {
    const other = await open(undefined, { 'x-who': 'eve' })
    let best = Infinity
    for (const who of ['ada', 'bob', 'cy']) {
      const stream = await open(undefined, { 'x-who': who })
      await stream.until('event: live')
      const since = performance.now()
      await known.session(`${who}-s`)
      await eventually(stream.over, 8_000)
      best = Math.min(best, performance.now() - since)
      expect(stream.text()).toMatch(/event: session-ended\ndata: \{.*"code":"session-expired".*\}\n\n$/)
      expect(stream.answer.complete).toBe(true)
      expect(await codeOf(await open(undefined, { 'x-who': who }))).toEqual([401, 'session-expired'])
    }
    expect(best).toBeLessThan(1_000)
    expect(other.over()).toBe(false)
  })

  it('L-9: also when its client reads nothing', async () => {
    const asked = request(`${bff.url}/api/things/a/events`, { headers: { 'x-who': 'ada' }, agent: false })
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    answer.pause()
    answer.on('error', () => undefined)
    await eventually(() => service.open.size === 1)
    await known.session('ada-s')
    await eventually(() => answer.socket.destroyed || answer.socket.readableEnded)
  })

  it('with session-ended when its proof does', async () => {
    expiresAt = Date.now() + 200
    const stream = await open()
    await eventually(stream.over)
    expect(stream.text()).toMatch(/event: session-ended\ndata: \{.*"status":401/)
  })

  it('E-5: and lets go of its service, when its client leaves', async () => {
    const stream = await open()
    await stream.until('event: live')
    stream.answer.destroy()
    await eventually(() => service.open.size === 0, 8_000)
  })

  it('E-5: when the app stops, and says to each client another moment at which to come back', async () => {
    const all = [await open(), await open(), await open()]
    await Promise.all(all.map((one) => one.until('event: live')))
    await bff[Symbol.asyncDispose]()
    await eventually(() => all.every(({ over }) => over()))
    const moments = all.map(({ text }) => /\nretry: (\d+)\n(?:data: .*\n)?\n$/.exec(text())?.[1])
    expect(new Set(moments).size).toBe(3)
    expect(moments.every((one) => Number(one) >= 250 && Number(one) <= 5_250)).toBe(true)
  })
})
