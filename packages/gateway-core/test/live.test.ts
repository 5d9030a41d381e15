import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { z } from 'zod'
import type { Contract } from '../src/contract.ts'
import type { Exchange } from '../src/exchange.ts'
import { gateway, problem, serve } from '../src/index.ts'
import { frameOf } from '../src/road/grpc/frame.ts'
import { signedInAs } from '../src/testing.ts'
import { silent } from './exchange.ts'
import { AnswerSchema, Sample } from './grpc/gen/sample_pb.js'
import { type Service, startRaw } from './grpc/service.ts'
import { listen } from './listen.ts'

const Item = z.object({ id: z.string() })

const front = {
  'GET /api/items/:id': { streams: true, out: Item, errors: { 'not-found': 404 } },
  'GET /api/mine': { streams: true, out: Item },
} as const satisfies Contract

interface Script {
  readonly ids: AsyncIterable<string>
  readonly aborted?: () => void
}

let script: Script
let sample: Service
let url: string
let stop: () => Promise<void>
let leave: () => void
let expiresAt: number
const logged: unknown[] = []
const served = { name: 'test', port: 0, hostname: '127.0.0.1', portVariable: 'PORT', log: silent }

async function* ids(...all: (string | number | Error)[]): AsyncGenerator<string> {
  for (const one of all) {
    if (one instanceof Error) throw one
    if (typeof one === 'number') await pause(one, undefined, { ref: false })
    else yield one
  }
}

beforeEach(async () => {
  expiresAt = Date.now() + 60_000
  sample = await startRaw(async (stream) => {
    stream.setMaxListeners(0)
    stream.once('close', () => script.aborted?.())
    const message = (id: string) => frameOf(toBinary(AnswerSchema, create(AnswerSchema, { id })))
    let status = '0'
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': 'SQL at 10.1.2.3' }))
    try {
      for await (const id of script.ids) {
        if (stream.destroyed) return
        if (!stream.write(message(id))) await new Promise((go) => stream.once('drain', go).once('close', go))
      }
    } catch {
      status = '2'
    }
    stream.end()
  })
  const { stream, app } = gateway(front, { sample: Sample }, { sample: { timeout: 1_000 } }, { budget: 2_000 })
  const bff = app(
    [
      stream('GET /api/items/:id', {
        guard: () => ({}),
        items: ({ params, from }) => from.sample.watch({ id: params.id }),
        view: ({ id }) => ({ id }),
      }),
      stream('GET /api/mine', {
        guard: (exchange: Exchange) => exchange.authenticate(),
        items: ({ from }) => from.sample.watch({}),
        view: ({ id }) => ({ id, secret: 'does not leave' }),
      }),
    ],
    {
      upstreams: { sample: sample.url },
      log: Object.assign(silent.child({}), { warn: (line: unknown) => logged.push(line) }),
      authenticate: () => Promise.resolve({ ...signedInAs('ada'), expiresAt }),
    },
  )
  const listening = await serve({ ...served, handler: bff.handler, drain: bff.door.drain, release: bff })
  url = listening.url
  leave = bff.door.drain
  stop = async () => {
    await listening[Symbol.asyncDispose]()
    await sample[Symbol.asyncDispose]()
  }
})

afterEach(() => stop())

const get = (path = '/api/items/1', accept = '*/*') => fetch(url + path, { headers: { accept } })

/** Without its first word, which says when to come back. */
const bare = async (answer: Response): Promise<string> => (await answer.text()).replace(/^retry: \d{4}\n\n/, '')

describe('E-01: a stream', () => {
  it('E-8: is server-sent events that nothing on the way may hold back', async () => {
    script = { ids: ids('a', 'b\n\ndata: c') }
    const answer = await get()
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      incremental: '?1',
    })
    expect(await bare(answer)).toBe('data: {"id":"a"}\n\ndata: {"id":"b\\n\\ndata: c"}\n\nevent: end\ndata: {}\n\n')
  })

  it('is a JSON text per line where that is asked for', async () => {
    script = { ids: ids('a', 'b') }
    const answer = await get('/api/items/1', 'application/x-ndjson')
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    expect(await answer.text()).toBe('{"id":"a"}\n{"id":"b"}\n')
  })

  it('is refused with a reason while we stop', async () => {
    script = { ids: ids('a') }
    leave()
    const answer = await get()
    expect([answer.status, await answer.json()]).toEqual([503, expect.objectContaining({ code: 'draining' })])
  })

  it('sends each item when it comes', async () => {
    const next = Promise.withResolvers<void>()
    script = {
      ids: (async function* () {
        yield 'a'
        await next.promise
        yield 'b'
      })(),
    }
    const reader = (await get()).body!.getReader()
    const text = async () => new TextDecoder().decode((await reader.read()).value)
    expect(await text()).toMatch(/^retry: \d+\n\ndata: \{"id":"a"\}\n\n$/)
    next.resolve()
    expect(await text()).toMatch(/^data: \{"id":"b"\}\n\n/)
    await reader.cancel()
  })

  it('shows nothing that its contract does not know', async () => {
    script = { ids: ids('a') }
    expect(await (await get('/api/mine')).text()).not.toContain('secret')
  })

  it('that fails before its first item is a problem like any other', async () => {
    script = { ids: ids(new Error('SQL at 10.1.2.3')) }
    const answer = await get()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([502, 'application/problem+json'])
    expect(await answer.json()).toMatchObject({ code: 'upstream-failed', source: 'sample' })
  })

  it.each([
    ['*/*', /data: \{"id":"a"\}\n\nevent: problem\ndata: (.*)\n\n$/],
    ['application/x-ndjson', /^\{"id":"a"\}\n\{"problem":(.*)\}\n$/],
  ])('that fails later says so last, %s', async (accept, shape) => {
    logged.length = 0
    script = { ids: ids('a', 30, new Error('SQL at 10.1.2.3')) }
    const answer = await get('/api/items/1', accept)
    const text = await answer.text()
    expect(JSON.parse(shape.exec(text)![1]!)).toMatchObject({ code: 'upstream-failed', status: 502, source: 'sample' })
    expect(text).not.toContain('10.1.2.3')
    expect(logged).toHaveLength(1)
  })

  it('whose client leaves is called off at the service within 50 ms', async () => {
    let best = Infinity
    for (let tries = 0; tries < 3 && best > 50; tries++) {
      const gone = Promise.withResolvers<number>()
      script = { ids: ids('a', 10_000), aborted: () => gone.resolve(performance.now()) }
      const client = new AbortController()
      const answer = await fetch(`${url}/api/items/1`, { signal: client.signal })
      await answer.body!.getReader().read()
      const left = performance.now()
      client.abort()
      best = Math.min(best, (await gone.promise) - left)
    }
    expect(best).toBeLessThanOrEqual(50)
  })

  it('W-04: holds the service back while its client reads nothing', async () => {
    let made = 0
    script = {
      ids: (async function* () {
        for (;;) yield `${made++} ${'x'.repeat(2_000)}`
      })(),
    }
    const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.pause()
    socket.write('GET /api/items/1 HTTP/1.1\r\nhost: localhost\r\n\r\n')
    // Until the kernel's buffers, the only large ones on the way, are full.
    let before = -1
    while (made !== before) {
      before = made
      await pause(300)
    }
    const held = process.memoryUsage().arrayBuffers
    await pause(300)
    expect(made).toBe(before)
    expect(process.memoryUsage().arrayBuffers - held).toBeLessThan(1_048_576)
    socket.destroy()
  })

  it('does not outlive the proof of who reads it', async () => {
    expiresAt = Date.now() + 150
    script = { ids: ids('a', 10_000) }
    expect(await bare(await get('/api/mine'))).toMatch(
      /^data: \{"id":"a"\}\n\nevent: session-ended\ndata: \{.*"status":401.*\}\n\n$/,
    )
  })

  it.each([
    ['*/*', /^retry: \d+\n\ndata: \{"id":"a"\}\n\nevent: away\nretry: \d+\ndata: \{.*"code":"draining".*\}\n\n$/],
    ['application/x-ndjson', /^\{"id":"a"\}\n\{"problem":\{.*"code":"draining".*\},"retry":\d+\}\n$/],
  ])('E-5: goes on elsewhere when the app stops, and holds nothing up, %s', async (accept, shape) => {
    script = { ids: ids('a', 10_000) }
    const answer = await get('/api/items/1', accept)
    const text = answer.text()
    const start = performance.now()
    await stop()
    // The grace after which connections are cut is three seconds.
    expect(performance.now() - start).toBeLessThan(2_000)
    expect(await text).toMatch(shape)
    stop = async () => undefined
  })

  it('has a guard like any route', async () => {
    await stop()
    sample = await startRaw(() => undefined)
    const { stream, app } = gateway(front, { sample: Sample }, { sample: {} })
    const refused = stream('GET /api/mine', {
      guard: (): object => {
        throw problem(403, 'forbidden')
      },
      items: ({ from }) => from.sample.watch({}),
      view: ({ id }) => ({ id }),
    })
    const upstreams = { sample: sample.url }
    await using bff = await listen(
      app([refused], { upstreams, log: silent, authenticate: () => Promise.reject(problem(401, 'token-missing')) }),
    )
    expect((await fetch(`${bff.url}/api/mine`)).status).toBe(403)
    stop = async () => sample[Symbol.asyncDispose]()
  })
})
