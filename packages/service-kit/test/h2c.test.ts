import { once } from 'node:events'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Running } from '../src/index.ts'
import { boot } from './service.ts'

let running: Running
let session: ClientHttp2Session
let release: () => void
let entered: Promise<void>

beforeEach(async () => {
  const held = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  release = held.resolve
  entered = reached.promise
  running = await boot(
    async (req, res) => {
      reached.resolve()
      if (req.url === '/held') await held.promise
      res.end('the whole of it')
    },
    { protocol: 'h2c', stop: { within: 3_000 } },
  )
  session = connect(running.url)
})

afterEach(async () => {
  release()
  session.destroy()
  await running[Symbol.asyncDispose]()
})

interface Outcome {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  /** 0 after a regular end of the stream. */
  readonly reset: number
}

async function send(path: string, method = 'GET', body?: string): Promise<Outcome> {
  const stream = session.request({ ':path': path, ':method': method, 'content-type': 'application/json' })
  let text = ''
  let headers: Record<string, unknown> = {}
  stream.on('error', () => {})
  stream.on('response', (given) => (headers = given))
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  stream.end(body)
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
  return { status: headers[':status'] as number | undefined, headers, text, reset: stream.rstCode ?? 0 }
}

describe('over HTTP/2 without TLS', () => {
  it('a service answers, and its health', async () => {
    expect(await send('/any')).toMatchObject({ status: 200, text: 'the whole of it', reset: 0 })
    expect(await send('/livez')).toMatchObject({ status: 200 })
    expect(await send('/readyz')).toMatchObject({ status: 200 })
  })

  it('an injected error is 503, whichever it is, for gRPC knows no other', async () => {
    running.faults.set([{ errorRate: 1, status: 500 }])
    const { status, headers, text } = await send('/any')
    expect([status, headers['content-type']]).toEqual([503, 'application/problem+json'])
    expect(JSON.parse(text)).toMatchObject({ status: 503, code: 'injected-fault' })
  })

  it('a reset resets the stream, and the next one is well', async () => {
    running.faults.set([{ mode: 'reset' }])
    expect(await send('/any')).toMatchObject({ status: undefined, reset: constants.NGHTTP2_INTERNAL_ERROR })
    running.faults.clear()
    expect(await send('/any')).toMatchObject({ status: 200, reset: 0 })
  })

  it('an answer is announced whole and cut half way through', async () => {
    running.faults.set([{ mode: 'truncate' }])
    const { status, headers, text, reset } = await send('/any')
    expect([status, headers['content-length'], text]).toEqual([200, '15', 'the who'])
    expect(reset).toBe(constants.NGHTTP2_INTERNAL_ERROR)
  })

  it('an answer comes late, or never', async () => {
    running.faults.set([
      { route: 'GET /late', latency: 60 },
      { route: 'GET /never', mode: 'hang' },
    ])
    let answered = false
    const never = session.request({ ':path': '/never' })
    never.once('response', () => (answered = true))
    const start = performance.now()
    expect((await send('/late')).status).toBe(200)
    expect(performance.now() - start).toBeGreaterThanOrEqual(59)
    expect(answered).toBe(false)
  })

  it('faults are set and shown', async () => {
    expect(await send('/__faults', 'PUT', '{"mode":"hang"}')).toMatchObject({ status: 200 })
    expect(running.faults.active).toMatchObject([{ mode: 'hang' }])
    expect(await send('/__faults', 'PUT', '{"mode":"explode"}')).toMatchObject({ status: 422 })
    expect(await send('/__faults', 'DELETE')).toMatchObject({ status: 200, text: '[]' })
  })
})

describe('a stop over HTTP/2', () => {
  it('tells its clients to go away, and finishes what is under way', async () => {
    const goaway = once(session, 'goaway')
    const held = send('/held')
    await entered
    const stopped = running[Symbol.asyncDispose]()
    await goaway
    release()
    expect(await held).toMatchObject({ status: 200, text: 'the whole of it', reset: 0 })
    await stopped
    await expect(once(connectSocket(running.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
  })

  it('ends within 5 s, whatever its clients do', async () => {
    const silent = connectSocket(running.port, '127.0.0.1')
    await once(silent, 'connect')
    const held = send('/held')
    await entered
    const start = performance.now()
    await running[Symbol.asyncDispose]()
    expect(performance.now() - start).toBeLessThan(5_000)
    expect((await held).status).toBeUndefined()
    silent.destroy()
  }, 10_000)
})
