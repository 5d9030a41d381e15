import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { events, type Format, lines } from './format.ts'
import { Outlet } from './outlet.ts'

let server: Server

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] })
  server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

interface Opened {
  readonly outlet: Outlet
  readonly res: ServerResponse
  readonly answer: IncomingMessage
}

async function openOutlet(format: Format): Promise<Opened> {
  const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  const answered = once(get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }), 'response')
  const [, res] = await asked
  const outlet = new Outlet(
    res,
    format,
    () => undefined,
    () => 0,
  )
  outlet.begin()
  return { outlet, res, answer: ((await answered) as [IncomingMessage])[0].setEncoding('utf8') }
}

/** So many characters, in however many pieces they come. */
async function textOf(answer: IncomingMessage, { length }: string): Promise<string> {
  let text = ''
  while (text.length < length) text += ((await once(answer, 'data')) as [string])[0]
  return text
}

describe('E-01: silence', () => {
  it.each([
    ['events', events, ':\n\n'],
    ['lines', lines, '\n'],
  ])('of more than ten seconds is broken by %s that mean nothing', async (_, format, beat) => {
    const { outlet, answer } = await openOutlet(format)
    outlet.tick(performance.now() + 9_000)
    void outlet.send({ id: 1 })
    const sent = performance.now()
    const first = format.begin(1_000) + format.item({ id: 1 })
    expect(await textOf(answer, first)).toBe(first)
    outlet.tick(sent + 9_000)
    outlet.tick(sent + 10_000)
    outlet.tick(sent + 19_000)
    expect(await textOf(answer, beat)).toBe(beat)
    outlet.end()
    expect(await textOf(answer, format.end)).toBe(format.end)
  })
})

describe('E-4: a client that takes nothing', () => {
  const item = { padding: 'x'.repeat(65_536) }

  /** Until the kernels take no more: what then waits for room. */
  async function fill({ outlet, res }: Opened): Promise<{ readonly room: Promise<void> }> {
    for (;;) {
      const room = outlet.send(item)
      if (room === undefined) continue
      const state = { full: true, before: -1 }
      void room.then(() => (state.full = false))
      while (state.full && state.before !== res.writableLength) {
        state.before = res.writableLength
        for (let turns = 0; turns < 200; turns++) await new Promise((resolve) => setImmediate(resolve))
      }
      if (state.full) return { room }
    }
  }

  it('for 30 s is cut, and whoever waits for room goes on', async () => {
    const opened = await openOutlet(events)
    const { res, answer } = opened
    answer.on('error', () => undefined).pause()
    const { room } = await fill(opened)
    expect(res.writableLength).toBeLessThan(3 * 65_536)
    jest.advanceTimersByTime(29_999)
    expect(res.destroyed).toBe(false)
    jest.advanceTimersByTime(1)
    expect(res.destroyed).toBe(true)
    await room
    expect(jest.getTimerCount()).toBe(0)
  })

  it('and then reads goes on', async () => {
    const opened = await openOutlet(events)
    const { outlet, res, answer } = opened
    answer.pause()
    const { room } = await fill(opened)
    jest.advanceTimersByTime(29_999)
    answer.resume()
    await room
    jest.advanceTimersByTime(60_000)
    expect(res.destroyed).toBe(false)
    outlet.end()
  })
})
