import { once } from 'node:events'
import { Agent, get, type IncomingMessage, type RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { recorder } from './lines.ts'
import type { HostOptions } from '../src/index.ts'
import { boot } from './service.ts'

interface Held {
  readonly entered: Promise<void>
  readonly release: () => void
  readonly handler: Parameters<typeof boot>[0]
}

/** A handler that responds when released. */
function hold(): Held {
  const entered = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  return {
    entered: entered.promise,
    release: held.resolve,
    handler: async (_req, res) => {
      entered.resolve()
      await held.promise
      res.end('done')
    },
  }
}

async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

const status = async (url: string): Promise<number> => (await fetch(url)).status

describe('health', () => {
  it('is alive at once and ready when it says so', async () => {
    let ready = false
    await using running = await boot((_req, res) => res.end(), { ready: () => ({ ready }) })
    expect(await status(`${running.url}/livez`)).toBe(200)
    expect(await status(`${running.url}/readyz`)).toBe(503)
    ready = true
    expect(await status(`${running.url}/readyz`)).toBe(200)
  })
})

describe('a stop', () => {
  it('fails readiness first, finishes what is under way, and closes last', async () => {
    const { entered, release, handler } = hold()
    const order: string[] = []
    const { log, lines } = recorder()
    const noted: RequestListener = (req, res) => {
      res.once('finish', () => order.push('answered'))
      return handler(req, res)
    }
    const running = await boot(noted, { log, close: () => void order.push('closed') })
    const agent = new Agent({ keepAlive: true })
    const [idle] = (await once(get(`${running.url}/livez`, { agent }), 'response')) as [IncomingMessage]
    await once(idle.resume(), 'end')
    const answer = fetch(running.url).then(async (reply) => [reply.status, await reply.text()])
    await entered
    // Half a request for /readyz keeps its connection busy, so it outlives the closing of idle ones.
    const probe = await open(running.port, 'GET /readyz HTTP/1.1\r\nhost: a\r\n')
    await once(await open(running.port, 'GET /livez HTTP/1.1\r\nhost: a\r\n\r\n'), 'data')
    const stopped = running[Symbol.asyncDispose]()
    probe.write('\r\n')
    const [said] = (await once(probe, 'data')) as [Buffer]
    expect(said.toString()).toMatch(/^HTTP\/1\.1 503 /)
    await expect(once(connect(running.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
    expect(order).toEqual([])
    release()
    expect(await answer).toEqual([200, 'done'])
    await stopped
    expect(order).toEqual(['answered', 'closed'])
    expect(lines.map(({ msg }) => msg)).toEqual(['ready', 'stopping'])
    agent.destroy()
  })

  it('happens once, however often it is asked for', async () => {
    let closed = 0
    const running = await boot((_req, res) => res.end(), { close: () => void (closed += 1) })
    await Promise.all([running[Symbol.asyncDispose](), running[Symbol.asyncDispose]()])
    await running[Symbol.asyncDispose]()
    expect(closed).toBe(1)
  })

  it('waits for no connection that has never said anything', async () => {
    const running = await boot((_req, res) => res.end())
    const silent = await open(running.port, '')
    const closed = once(silent.resume(), 'close')
    await fetch(`${running.url}/livez`)
    const start = performance.now()
    await running[Symbol.asyncDispose]()
    // Well below the eight seconds granted to running requests.
    expect(performance.now() - start).toBeLessThan(4_000)
    await closed
  })

  it('X-03: ends in its time, whatever its clients do', async () => {
    const { entered, handler } = hold()
    const upgrade: HostOptions['upgrade'] = (_req, socket) => void socket.write('upgraded')
    const { log, lines } = recorder()
    const running = await boot(handler, { upgrade, log, stop: { within: 1_000 } })
    const pending = await open(running.port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    const partial = await open(running.port, 'GET / HTTP/1.1\r\nho')
    const live = await open(
      running.port,
      'GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    )
    const closed = [pending, partial, live].map((socket) => once(socket, 'close'))
    await Promise.all([entered, once(live, 'data')])
    for (const socket of [pending, partial, live]) socket.resume()
    const start = performance.now()
    await running[Symbol.asyncDispose]()
    expect(performance.now() - start).toBeLessThan(5_000)
    await Promise.all(closed)
    expect(lines.at(-1)).toMatchObject({ msg: 'stopping: what is left is cut', connections: 3 })
  }, 10_000)
})

it('says which variable to change when the port is taken', async () => {
  await using first = await boot((_req, res) => res.end())
  await expect(boot((_req, res) => res.end(), { port: first.port })).rejects.toThrow(
    `Port ${first.port} is in use. Set TEST_PORT to another`,
  )
  await expect(boot((_req, res) => res.end(), { port: first.port, protocol: 'h2c' })).rejects.toThrow('TEST_PORT')
})

it('refuses an upgrade that nobody handles', async () => {
  await using running = await boot((_req, res) => res.end())
  const socket = await open(
    running.port,
    'GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
  )
  const [said] = (await once(socket, 'data')) as [Buffer]
  expect(said.toString()).toMatch(/^HTTP\/1\.1 404 /)
  await once(socket, 'close')
})
