import { once } from 'node:events'
import { constants } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, describe, expect, it } from '@jest/globals'
import { frameOf } from '../../src/road/grpc/frame.ts'
import { eventually } from '../door.ts'
import { AnswerSchema } from './gen/sample_pb.js'
import { askingOf, problemOf, sampleAt } from './sample.ts'
import { answered, type Raw, say, startRaw, startSample } from './service.ts'

const started: AsyncDisposable[] = []
const use = <T extends AsyncDisposable>(one: T): T => {
  started.push(one)
  return one
}

afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one[Symbol.asyncDispose]()
})

const raw = async (take: Raw) => use(await startRaw(take))
const head = { ':status': 200, 'content-type': 'application/grpc' }

const idsOf = async (stream: AsyncIterable<{ readonly id: string }>): Promise<string[]> => {
  const ids: string[] = []
  for await (const { id } of stream) ids.push(id)
  return ids
}

describe('a stream of messages', () => {
  it('comes as it is sent, in order, to its end', async () => {
    const service = use(
      await startSample({
        async *watch() {
          for (let i = 0; i < 500; i++) yield { id: String(i) }
        },
      }),
    )
    const client = use(sampleAt(service.url))
    expect(await idsOf(client.watch())).toEqual(Array.from({ length: 500 }, (_, i) => String(i)))
  })

  it('may be cut anywhere between its bytes, and may be empty', async () => {
    const bytes = Buffer.concat(Array.from({ length: 40 }, (_, i) => answered(`message ${i}`)))
    const { url } = await raw(async (stream) => {
      stream.respond(head, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      for (let i = 0; i < bytes.length; i += 7) {
        stream.write(bytes.subarray(i, i + 7))
        await pause(0)
      }
      stream.end()
    })
    expect(await idsOf(use(sampleAt(url)).watch())).toHaveLength(40)
    const empty = await raw((stream) => say(stream, undefined, { 'grpc-status': '0' }))
    expect(await idsOf(use(sampleAt(empty.url)).watch())).toEqual([])
  })

  it('leaves to calls their places, and a connection, however few streams of one its service takes', async () => {
    const service = use(
      await startSample(
        {
          async *watch(_, { signal }) {
            yield { id: 'first' }
            await once(signal, 'abort')
          },
          read: () => ({ id: 'read' }),
        },
        { settings: { maxConcurrentStreams: 3 } },
      ),
    )
    const client = use(sampleAt(service.url, { bulkhead: { calls: 7, queue: 0 } }))
    const one = client.watch()
    await one.next()
    const streams = [one, ...Array.from({ length: 7 }, () => client.watch())]
    const firsts = await Promise.all(streams.slice(1).map((stream) => stream.next()))
    expect(firsts.map(({ value }) => (value as { id: string }).id)).toEqual(Array.from({ length: 7 }, () => 'first'))
    expect(await client.call('read')).toMatchObject({ id: 'read' })
    expect(service.sessions.size).toBe(4)
    for (const stream of streams) await stream.return?.()
    // Those that were left because they were full end with the last on them.
    await eventually(() => service.sessions.size === 2)
  })

  it('asks nobody before its first message is wanted', async () => {
    let asked = 0
    const { url } = await raw((stream) => {
      asked++
      say(stream, answered('x'), { 'grpc-status': '0' })
    })
    const stream = use(sampleAt(url)).watch()
    await pause(20)
    expect(asked).toBe(0)
    await stream.next()
    expect(asked).toBe(1)
  })

  it('has `timeout` until its first message', async () => {
    const { url } = await raw((stream) => stream.respond(head))
    expect(
      await problemOf(
        use(sampleAt(url, { timeout: 50 }))
          .watch()
          .next(),
      ),
    ).toMatchObject({ code: 'upstream-timeout' })
  })

  it('has `idleTimeout` between two, while they are wanted', async () => {
    const { url } = await raw((stream) => {
      stream.respond(head)
      stream.write(answered('first'))
    })
    const stream = use(sampleAt(url, { timeout: 1_000, idleTimeout: 60 })).watch()
    await stream.next()
    expect(await problemOf(stream.next())).toMatchObject({ code: 'upstream-timeout' })
  })

  it('outlasts `timeout` when messages come, and the service is told how long at most', async () => {
    let told = ''
    const { url } = await raw(async (stream, headers) => {
      told = String(headers['grpc-timeout'])
      stream.respond(head, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      for (let i = 0; i < 6; i++) {
        stream.write(answered(String(i)))
        await pause(30)
      }
      stream.end()
    })
    const client = use(sampleAt(url, { timeout: 100, streamTimeout: 60_000 }))
    expect(await idsOf(client.watch())).toHaveLength(6)
    expect(Number.parseInt(told, 10)).toBeGreaterThan(50_000)
  })

  it('ends at `streamTimeout`', async () => {
    const { url } = await raw(async (stream) => {
      stream.respond(head)
      while (!stream.destroyed) {
        stream.write(answered('again'))
        await pause(5)
      }
    })
    expect(await problemOf(idsOf(use(sampleAt(url, { streamTimeout: 80 })).watch()))).toMatchObject({
      code: 'upstream-timeout',
    })
  })

  it('gives what came before it failed', async () => {
    const { url } = await raw((stream) =>
      say(stream, Buffer.concat([answered('1'), answered('2')]), { 'grpc-status': '8' }),
    )
    const stream = use(sampleAt(url)).watch()
    expect([(await stream.next()).value?.id, (await stream.next()).value?.id]).toEqual(['1', '2'])
    expect(await problemOf(stream.next())).toMatchObject({ status: 503, code: 'upstream-exhausted' })
  })

  it.each<[string, Raw]>([
    [
      'half a message',
      (stream) => say(stream, Buffer.concat([answered('1'), answered('2').subarray(0, 6)]), { 'grpc-status': '0' }),
    ],
    [
      'no trailers',
      (stream) => {
        stream.respond(head)
        stream.end(answered('1'))
      },
    ],
    [
      'a reset',
      (stream) => {
        stream.respond(head)
        stream.write(answered('1'), () => setTimeout(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR), 20))
      },
    ],
    [
      'a connection that dies',
      (stream, _, session) => {
        stream.respond(head)
        stream.write(answered('1'), () => setTimeout(() => session.destroy(), 20))
      },
    ],
  ])('that ends with %s is no whole one', async (_, take) => {
    const { url } = await raw(take)
    const stream = use(sampleAt(url)).watch()
    expect((await stream.next()).value?.id).toBe('1')
    expect(await problemOf(stream.next())).toMatchObject({ status: 502, code: 'upstream-failed' })
  })

  it.each([
    ['a reader who stops', async (stream: AsyncIterableIterator<unknown>) => void (await stream.return!())],
    ['a client who leaves', async (_: unknown, end: () => void) => end()],
  ])('R-01: %s is told to the service within 50 ms', async (_, leave) => {
    let best = Infinity
    for (let tries = 0; tries < 3 && best > 50; tries++) {
      const gone = Promise.withResolvers<number>()
      const { url } = await raw((stream) => {
        stream.once('close', () => gone.resolve(performance.now()))
        stream.respond(head)
        stream.write(answered('first'))
      })
      const asking = askingOf()
      const stream = use(sampleAt(url)).watch({}, asking)
      await stream.next()
      const left = performance.now()
      await leave(stream, () => asking.scope.end(new Error('gone')))
      best = Math.min(best, (await gone.promise) - left)
    }
    expect(best).toBeLessThanOrEqual(50)
  })

  it('a slow reader holds the service back: a flood takes no memory here', async () => {
    const large = 16_384
    let sent = 0
    let stopped = false
    const { url } = await raw(async (stream, headers) => {
      if (!headers[':path']!.endsWith('Watch')) return say(stream, answered('meanwhile'), { 'grpc-status': '0' })
      stream.once('close', () => (stopped = true))
      stream.respond(head)
      const message = frameOf(toBinary(AnswerSchema, create(AnswerSchema, { padding: new Uint8Array(large) })))
      while (!stream.destroyed) {
        sent += large
        if (!stream.write(message)) await once(stream, 'drain').catch(() => undefined)
      }
    })
    const client = use(sampleAt(url, { idleTimeout: 100 }))
    const stream = client.watch()
    for (let i = 0; i < 10; i++) await stream.next()
    await pause(300)
    const held = sent
    await pause(300)
    // Nothing more was sent while nobody read, and little is under way: two windows and what node buffers at either end.
    expect(sent).toBe(held)
    expect(sent - 10 * large).toBeLessThan(512 * 1_024)
    // Others on the same connection are not held back, and silence of one's own making is none of the service's.
    expect((await client.call('read')).id).toBe('meanwhile')
    for (let i = 0; i < 200; i++) await stream.next()
    await stream.return!()
    await pause(50)
    expect(stopped).toBe(true)
  })

  it('a flood of empty messages is held back too', async () => {
    let sent = 0
    const { url } = await raw((stream) => {
      stream.respond(head)
      const empties = Buffer.alloc(5 * 3_000)
      const more = () => {
        do sent += 3_000
        while (!stream.destroyed && stream.write(empties))
        stream.once('drain', more)
      }
      more()
    })
    const stream = use(sampleAt(url)).watch()
    await stream.next()
    await pause(300)
    const held = sent
    await pause(200)
    expect(sent).toBe(held)
    expect(sent).toBeLessThan(200_000)
    await stream.return!()
  })
})
