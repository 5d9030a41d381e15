import { describe, expect, it } from '@jest/globals'
import { eventually } from '../door.ts'
import { feedService, Thing } from '../feed.ts'
import { held } from '../leaks.ts'
import { type Bff, connect, short, startBff } from './app.ts'

const subscribe = (topic = 'things/a', after = 0) => ({ type: 'subscribe', topic, after })

describe('a client', () => {
  it('follows many topics over one socket, each from where it knows it', async () => {
    await using bff = await startBff()
    for (let i = 0; i < 3; i++) bff.service.happen()
    const client = await connect(bff.url)
    client.say(subscribe('things/a', 1))
    expect(await client.take(3)).toEqual(['2', '3', 'live 3'])
    client.say(subscribe('things/b', 3))
    expect(await client.next()).toEqual({ type: 'live', topic: 'things/b', rev: 3 })
    bff.service.happen()
    const both = [await client.next(), await client.next()]
    for (const topic of ['things/a', 'things/b'])
      expect(both).toContainEqual({ type: 'event', topic, rev: 4, data: { n: 4 } })
  })

  it('hears no more of what it lets go, and begins again where it says', async () => {
    await using bff = await startBff()
    bff.service.happen()
    const client = await connect(bff.url)
    client.say(subscribe())
    expect(await client.take(2)).toEqual(['1', 'live 1'])
    client.say({ type: 'unsubscribe', topic: 'things/a' })
    client.say(subscribe('things/b', 1))
    await client.next('live')
    bff.service.happen()
    expect(await client.next()).toMatchObject({ topic: 'things/b', rev: 2 })
    client.say(subscribe())
    expect(await client.take(3)).toEqual(['1', '2', 'live 2'])
  })

  it('that follows a topic twice follows it once, from the second place', async () => {
    await using bff = await startBff()
    bff.service.happen()
    bff.service.happen()
    const client = await connect(bff.url)
    client.say(subscribe())
    client.say(subscribe('things/a', 1))
    await client.next('live')
    bff.service.happen()
    const told = await client.take(1)
    client.say({ type: 'ping' })
    expect([...told, (await client.next()).type]).toEqual(['3', 'pong'])
  })

  it('E-5: that leaves is followed for nobody, within a second', async () => {
    await using bff = await startBff()
    const client = await connect(bff.url)
    client.say(subscribe())
    await client.next('live')
    client.socket.terminate()
    await eventually(() => bff.open() === 0, 1_000)
  })

  it.each([
    ['a topic of no kind', subscribe('nothing/a'), 'topic-unknown', 404],
    ['what the service does not show it', subscribe('things/none'), 'thing-not-found', 404],
  ])('is told why it cannot follow %s, and goes on with the rest', async (_, message, code, status) => {
    await using bff = await startBff()
    const client = await connect(bff.url)
    client.say(message)
    const told = await client.next()
    expect(told).toMatchObject({ type: 'problem', topic: message.topic, problem: { code, status } })
    client.say(subscribe())
    expect(await client.take(1)).toEqual(['live 0'])
  })

  it('has so many topics at a time', async () => {
    await using bff = await startBff({ spec: { most: 2 } })
    const client = await connect(bff.url)
    for (const one of ['a', 'b', 'c']) client.say(subscribe(`things/${one}`))
    expect(await client.next('problem')).toMatchObject({ topic: 'things/c', problem: { code: 'too-many-topics' } })
    client.say({ type: 'unsubscribe', topic: 'things/a' })
    client.say(subscribe('things/c'))
    for (let topic: unknown; topic !== 'things/c';) ({ topic } = await client.next('live'))
  })

  it.each([
    ['no JSON', '{', 'invalid-json'],
    ['no object', '[]', 'invalid-json'],
    ['nothing', '', 'invalid-json'],
    ['a word nobody knows', { type: 'publish' }, 'message-unknown'],
    ['a word of every object', { type: 'constructor' }, 'message-unknown'],
    ['no word', {}, 'message-unknown'],
    ['half a subscription', { type: 'subscribe', topic: 'things/a' }, 'validation'],
    ['a place that is none', { type: 'subscribe', topic: 'things/a', after: -1 }, 'validation'],
    ['a place like 1e999', '{"type":"subscribe","topic":"things/a","after":1e999}', 'validation'],
    ['a topic without end', subscribe('a'.repeat(257)), 'validation'],
    ['a topic that is none', { type: 'unsubscribe', topic: { toString: 1 } }, 'validation'],
    ['an empty token', { type: 'auth', token: '' }, 'validation'],
  ])('W-03: that says %s is told so, and nothing breaks', async (_, message, code) => {
    await using bff = await startBff()
    const client = await connect(bff.url)
    client.say(message)
    expect(await client.next()).toMatchObject({ type: 'problem', problem: { code, traceId: expect.any(String) } })
    client.say({ type: 'ping', more: 'is let be' })
    expect(await client.next()).toEqual({ type: 'pong' })
  })

  it('that neither follows nor says anything is sent away', async () => {
    await using bff = await startBff({ spec: { rhythm: { idle: 500 } } })
    const [idle, follows] = [await connect(bff.url), await connect(bff.url)]
    follows.say(subscribe())
    await follows.next('live')
    expect(await idle.closed).toBe('4408 idle')
    follows.say({ type: 'ping' })
    expect(await follows.next()).toEqual({ type: 'pong' })
  })

  it('that answers no ping is gone, and one that does stays', async () => {
    await using bff = await startBff({ spec: { rhythm: { ping: 500 } } })
    const [dead, alive] = [await connect(bff.url, { autoPong: false }), await connect(bff.url)]
    expect(await dead.closed).toBe('1006 ')
    alive.say({ type: 'ping' })
    expect(await alive.next()).toEqual({ type: 'pong' })
  })
})

describe('what happens elsewhere', () => {
  it('W-04: is no end of a socket when the service dies: it follows again, without a gap', async () => {
    await using service = await feedService()
    await using bff = await startBff({ service })
    const client = await connect(bff.url)
    client.say(subscribe())
    await client.next('live')
    service.happen()
    expect(await client.take(1)).toEqual(['1'])
    service.cut()
    service.happen()
    expect((await client.next('event'))['rev']).toBe(2)
  })

  it('E-5: sends everybody away with 1012 when this process stops, each to come back at another moment', async () => {
    await using bff = await startBff({ spec: { caps: { client: 100 } } })
    const clients = await Promise.all(Array.from({ length: 50 }, () => connect(bff.url)))
    const stopped = bff.stop()
    const told = await Promise.all(clients.map((client) => client.next('problem')))
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(clients.map(() => '1012 draining'))
    await stopped
    const moments = told.map(({ retryIn }) => retryIn as number)
    expect(Math.min(...moments)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...moments)).toBeLessThanOrEqual(5_250)
    expect(new Set(moments).size).toBeGreaterThan(25)
  })

  it('W-04: lets a thousand sockets go within the time there is to stop', async () => {
    await using bff = await startBff({ spec: { caps: { client: 1_000 } } })
    const clients = await Promise.all(Array.from({ length: 1_000 }, () => connect(bff.url)))
    await eventually(() => bff.open() === 1_000)
    await bff.stop()
    const endings = new Set(await Promise.all(clients.map(({ closed }) => closed)))
    expect([...endings]).toEqual(['1012 draining'])
  }, 30_000)

  it('E-2, W-04: never makes a gap or a repeat, over 100 breaks of sockets, service and BFF', async () => {
    await using service = await feedService()
    let bff = await startBff({ service })
    const port = Number(new URL(bff.url).port)
    let seed = 42
    const random = (below: number) => Math.floor((seed = (seed * 48_271) % 2_147_483_647) / 1_024) % below
    const seen: number[] = []
    const writing = setInterval(() => service.happen(), 3)
    for (let i = 0; i < 100; i++) {
      const client = await connect(bff.url)
      client.say(subscribe('things/a', seen.at(-1) ?? 0))
      for (let more = random(8); more >= 0;) {
        const { type, rev } = await client.next()
        expect(type).not.toBe('resync')
        if (type !== 'event') continue
        seen.push(rev as number)
        more -= 1
        if (random(12) === 0) service.cut(random(2) === 0 ? undefined : 1012)
      }
      if (i % 10 === 9) {
        await bff[Symbol.asyncDispose]()
        await service.stop()
        await service.start()
        bff = await startBff({ service, port })
      } else client.socket.terminate()
    }
    clearInterval(writing)
    await bff[Symbol.asyncDispose]()
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => i + 1))
    expect(seen.length).toBeGreaterThan(300)
  }, 60_000)
})

describe('W-04: a client that reads too slowly', () => {
  /** Of each event on the wire. All of them are more than the kernels keep between the two. */
  const size = 8_000
  const most = 4_000
  const view = ({ n }: { n: number }) => ({ n, padding: 'x'.repeat(size) })
  const spec = { view, out: Thing.loose() }

  /** Follows from here on, and says what it hears of that. */
  async function follower(url: string) {
    const client = await connect(url)
    client.say(subscribe())
    await client.next('live')
    const heard: string[] = []
    client.hear((told) => heard.push(short(told)))
    return { ...client, heard }
  }

  /** So much happens that a client which reads nothing can be told no more, and no faster than another one reads. */
  async function flood({ service }: Bff, heard: readonly string[], each: () => void): Promise<void> {
    for (let n = 1; n <= most; n++) {
      service.happen(1_000)
      if (n % 20 === 0) await eventually(() => heard.at(-1) === String(n), 10_000)
      each()
    }
  }

  it('has no more waiting for it than one write over the bound, and gets how things stand when it reads again', async () => {
    await using bff = await startBff({ spec })
    const [slow, quick] = [await follower(bff.url), await follower(bff.url)]
    slow.socket.pause()
    let waiting = 0
    const before = held()
    await flood(bff, quick.heard, () => (waiting = Math.max(waiting, bff.wires[0]!.writableLength)))
    // All that lies anywhere in this process, the tests' own included; there were 32 MB to tell it.
    expect(held() - before).toBeLessThan(8_388_608)
    expect(waiting).toBeGreaterThan(65_536)
    expect(waiting).toBeLessThan(65_536 + 2 * size)
    expect(quick.heard).toEqual(Array.from({ length: most }, (_, i) => String(i + 1)))
    slow.socket.resume()
    await eventually(() => slow.heard.at(-1) === `resync ${most}`, 10_000)
    // What it still got lay in the buffers of the two kernels.
    const gap = slow.heard.length - 1
    expect(slow.heard.slice(0, gap)).toEqual(Array.from({ length: gap }, (_, i) => String(i + 1)))
    expect(gap).toBeLessThan(most / 2)
    bff.service.happen()
    await eventually(() => slow.heard.at(-1) === String(most + 1))
    slow.say({ type: 'ping' })
    await eventually(() => slow.heard.at(-1) === 'pong undefined')
  }, 60_000)

  it('and reads nothing at all is cut when it has answered no ping; others are told all, and what it had is free', async () => {
    await using bff = await startBff({ spec: { ...spec, rhythm: { ping: 1_000 } } })
    const [slow, quick] = [await follower(bff.url), await follower(bff.url)]
    slow.socket.pause()
    await flood(bff, quick.heard, () => undefined)
    await eventually(() => bff.wires[0]!.destroyed && bff.open() === 1, 10_000)
    expect(bff.wires[0]!.writableLength).toBe(0)
    expect(quick.heard).toEqual(Array.from({ length: most }, (_, i) => String(i + 1)))
    bff.service.happen()
    await eventually(() => quick.heard.at(-1) === String(most + 1))
  }, 60_000)
})
