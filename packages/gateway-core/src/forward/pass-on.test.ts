import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Body } from '../road/body.ts'
import { passOn } from './pass-on.ts'

let server: Server

beforeEach(async () => {
  server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** An answer of events without end to a client that has asked and reads nothing yet. */
async function flood(patience: number) {
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>
  const client: Socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  client.on('error', () => undefined)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [, res] = await asked
  const event = Buffer.from(`data: ${'x'.repeat(1_000)}\n\n`)
  const source = { sent: 0, paused: false, aborted: false }
  const body = new Body({
    pause: () => (source.paused = true),
    resume: () => (source.paused = false),
    abort: () => (source.aborted = true),
  })
  const pour = setInterval(() => {
    for (let nth = 0; nth < 1_000 && !source.paused && !body.over; nth++) {
      source.sent += event.length
      body.push(event)
    }
  }, 1)
  const start = performance.now()
  const passed = Promise.resolve(passOn(body, res, () => undefined, patience)).then(() => {
    clearInterval(pour)
    return performance.now() - start
  })
  return { res, client, source, passed }
}

/** Resolves once the source has waited for a moment: before, only the kernel was in the way. */
async function held(source: { readonly sent: number }): Promise<void> {
  for (let last = -1; source.sent !== last; await pause(60)) last = source.sent
}

describe('E-4: a client for whom too much waits', () => {
  it('makes its source wait, is cut after so many ms, and the source is told', async () => {
    const { res, source, passed } = await flood(600)
    await held(source)
    expect(source.paused).toBe(true)
    expect(res.writableLength).toBeLessThan(262_144 + 2_000)
    expect(await passed).toBeGreaterThan(590)
    expect([source.aborted, res.destroyed]).toEqual([true, true])
  })

  it('is not, when it has read it by then', async () => {
    const { client, source, passed } = await flood(1_000)
    for (let times = 0; times < 3; times++) {
      await held(source)
      await pause(400)
      client.resume()
      while (source.paused) await pause(1)
      client.pause()
    }
    expect(await passed).toBeGreaterThan(2_300)
  })
})
