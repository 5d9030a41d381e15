import { expect, it } from '@jest/globals'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodies } from './bodies.ts'
import { limitsOf, serverLimits } from './server-limits.ts'

/** A body of which so much has come, and so much waits to be read. */
function body() {
  const socket = { bytesRead: 0, destroyed: false, destroy: () => (socket.destroyed = true) }
  const req = { complete: false, readableLength: 0, readableHighWaterMark: 65_536, socket }
  const res = { headersSent: true }
  return { socket, req, asked: [req as unknown as IncomingMessage, res as unknown as ServerResponse] as const }
}

function setUp() {
  let time = 0
  const watched = bodies(serverLimits, () => time)
  return {
    watched,
    pass(ms: number) {
      time += ms
      watched.sweep()
    },
    [Symbol.dispose]: () => watched[Symbol.dispose](),
  }
}

it('Z-05: ten seconds are for free, then each ten must bring their kibibytes', () => {
  using t = setUp()
  const { socket, asked } = body()
  t.watched.watch(...asked)
  t.pass(9_999)
  expect(socket.destroyed).toBe(false)
  socket.bytesRead = 10_240
  t.pass(1)
  expect(socket.destroyed).toBe(false)
  socket.bytesRead += 10_239
  t.pass(10_000)
  expect(socket.destroyed).toBe(true)
})

it('Z-05: much at first is no excuse for nothing after it', () => {
  using t = setUp()
  const { socket, asked } = body()
  t.watched.watch(...asked)
  socket.bytesRead = 1_000_000_000
  t.pass(10_000)
  t.pass(10_000)
  expect(socket.destroyed).toBe(true)
})

it('Z-05: a body that waits for us, or has come, is not late', () => {
  using t = setUp()
  const [waiting, done] = [body(), body()]
  t.watched.watch(...waiting.asked)
  t.watched.watch(...done.asked)
  waiting.req.readableLength = 65_536
  done.req.complete = true
  for (let i = 0; i < 100; i++) t.pass(1_000)
  expect([waiting.socket.destroyed, done.socket.destroyed]).toEqual([false, false])
})

it.each([0, -1, Number.NaN])('refuses a limit of %d', (value) => {
  expect(() => limitsOf({ bodyRate: value, pipelined: value })).toThrow('pipelined, bodyRate')
})
