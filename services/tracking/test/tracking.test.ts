import { once } from 'node:events'
import { connect } from 'node:net'
import type { TrackingMessage } from '@bff/contracts/tracking'
import { problem } from '@bff/gateway-core/problem'
import { logger, type Running, type Verify } from '@bff/service-kit'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'
import { type Config, start } from '../src/app.ts'
import { follow, refused } from './client.ts'
import { type OrdersLog, serviceSecret, startOrdersLog } from './orders-log.ts'

/** Accepts every token but one as the customer's ID. */
const verify: Verify = (_kind, authorization) => {
  const token = /^Bearer (\w+)$/.exec(authorization ?? '')?.[1]
  if (token !== undefined && token !== 'forged') return Promise.resolve({ id: token })
  return Promise.reject(problem(401, 'token-invalid', { headers: { 'www-authenticate': 'Bearer' } }))
}
const hour = 3_600_000

let ordersLog: OrdersLog
let running: Running
const boot = async (more: Partial<Config> = {}): Promise<void> => {
  running = await start({
    port: 0,
    hostname: '127.0.0.1',
    log: logger('tracking', 'silent'),
    faults: false,
    verify,
    ordersUrl: ordersLog.url,
    serviceSecret,
    pollMs: 5,
    ...more,
  })
}

beforeEach(async () => {
  ordersLog = await startOrdersLog()
})
afterEach(async () => {
  await running[Symbol.asyncDispose]()
  await ordersLog[Symbol.asyncDispose]()
})

const ada = (path: string) => follow(running.url, path, 'cus_ada')
const short = (message: TrackingMessage): string =>
  message.type === 'live' ? `live ${message.rev}` : `${message.event.rev} ${message.event.status}`

describe('following an order', () => {
  it('replays what happened, says where it is, and tells what happens then', async () => {
    await boot()
    const created = ordersLog.write('ord_1')
    ordersLog.write('ord_2')
    ordersLog.write('ord_1', 'confirmed')
    const order = ada('/orders/ord_1/events')
    expect(await order.next()).toEqual({ type: 'event', event: created })
    expect((await order.untilLive()).map(short)).toEqual(['2 confirmed', 'live 2'])
    ordersLog.write('ord_2', 'confirmed')
    ordersLog.write('ord_1', 'packed')
    ordersLog.write('ord_1', 'shipped')
    expect([await order.next(), await order.next()].map(short)).toEqual(['3 packed', '4 shipped'])
    order.socket.close()
    expect(await order.closed).toBe(1005)
  })
  it('begins after what the client knows, also when that is more than the log tells yet', async () => {
    await boot()
    ordersLog.write('ord_1')
    ordersLog.write('ord_1', 'confirmed')
    const one = ada('/orders/ord_1/events?after=1')
    expect((await one.untilLive()).map(short)).toEqual(['2 confirmed', 'live 2'])
    const all = ada('/orders/ord_1/events?after=2')
    expect((await all.untilLive()).map(short)).toEqual(['live 2'])
    const ahead = ada('/orders/ord_1/events?after=3')
    expect((await ahead.untilLive()).map(short)).toEqual(['live 2'])
    ordersLog.write('ord_1', 'packed')
    ordersLog.write('ord_1', 'shipped')
    expect(short(await ahead.next())).toBe('4 shipped')
    for (const { socket } of [one, all, ahead]) socket.terminate()
  })
  it('knows an order that was made a moment ago', async () => {
    await boot({ pollMs: hour })
    await follow(running.url, '/orders/ord_0/events', 'cus_ada').closed
    ordersLog.write('ord_1')
    const order = ada('/orders/ord_1/events')
    expect((await order.untilLive()).map(short)).toEqual(['1 created', 'live 1'])
    order.socket.terminate()
  })
  it('is not live before the log has been read to its end', async () => {
    const asked = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    ordersLog.hold = async (after) => {
      if (after === 0) return
      asked.resolve()
      await release.promise
    }
    ordersLog.write('ord_1')
    for (let nth = 0; nth < 1_000; nth++) ordersLog.write('ord_2')
    ordersLog.write('ord_1', 'confirmed')
    await boot()
    await asked.promise
    expect((await fetch(`${running.url}/readyz`)).status).toBe(503)
    const order = ada('/orders/ord_1/events')
    // By the end of another round trip it would have arrived, had it not been held back.
    await fetch(`${running.url}/livez`)
    release.resolve()
    expect((await order.untilLive()).map(short)).toEqual(['1 created', '2 confirmed', 'live 2'])
    order.socket.terminate()
  })
  it('has no gap and no repeat over any number of reconnects and restarts', async () => {
    await boot()
    const total = 300
    ordersLog.write('ord_1')
    const writing = setInterval(() => ordersLog.entries.length < total && ordersLog.write('ord_1', 'packed'), 1)
    const revs: number[] = []
    for (let nth = 0; revs.length < total; nth++) {
      if (nth % 5 === 4) {
        await running[Symbol.asyncDispose]()
        await boot()
      }
      const order = ada(`/orders/ord_1/events?after=${revs.at(-1) ?? 0}`)
      for (const message of await order.untilLive()) if (message.type === 'event') revs.push(message.event.rev)
      for (let more = 0; more < 10 && revs.length < total; more++) {
        const message = await order.next()
        if (message.type === 'event') revs.push(message.event.rev)
      }
      order.socket.terminate()
      await order.closed
    }
    clearInterval(writing)
    expect(revs).toEqual(Array.from({ length: total }, (_, nth) => nth + 1))
  }, 20_000)
})

describe('who may follow', () => {
  beforeEach(() => boot())

  it('closes with 4404 on another customer’s order, as on one that is not', async () => {
    ordersLog.write('ord_1', 'created', 'cus_grace')
    const foreign = ada('/orders/ord_1/events')
    const unknown = ada('/orders/ord_2/events')
    let messages = 0
    foreign.socket.on('message', () => (messages += 1))
    expect(await Promise.all([foreign.closed, unknown.closed])).toEqual([4404, 4404])
    expect(messages).toBe(0)
  })
  it.each([
    ['without a token', {}],
    ['with a forged one', { authorization: 'Bearer forged' }],
  ])('is refused %s', async (_, headers: Record<string, string>) => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const answer = await refused(running.url, '/orders/ord_1/events', { ...headers, traceparent })
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'content-type': 'application/problem+json', 'www-authenticate': 'Bearer', connection: 'close' },
      body: { type: 'urn:problem:token-invalid', status: 401, code: 'token-invalid', traceId: 'a'.repeat(32) },
    })
  })
  it.each([
    ['/orders/ord_1/events?after=x', 400, 'invalid-after'],
    ['/orders/ord_1', 404, 'route-not-found'],
  ])('refuses %s', async (path, status, code) => {
    const answer = await refused(running.url, path, { authorization: 'Bearer cus_ada' })
    expect(answer).toMatchObject({ status, body: { code } })
  })
  it('answers HTTP in HTTP', async () => {
    const answer = await fetch(`${running.url}/orders/ord_1/events`)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'route-not-found' })
  })
})

describe('a client that is gone before it has its answer', () => {
  it.each(['admitted', 'refused'])('does no harm when it would have been %s', async (outcome) => {
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    await boot({
      verify: async () => {
        asked.resolve()
        await answer.promise
        setImmediate(gone.resolve)
        if (outcome === 'refused') throw problem(401, 'token-invalid')
        return { id: 'cus_ada', token: '' }
      },
    })
    ordersLog.write('ord_1')
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1')
    socket.write(
      'GET /orders/ord_1/events HTTP/1.1\r\nhost: tracking\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
        'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    await asked.promise
    socket.resetAndDestroy()
    await once(socket, 'close')
    // After another round trip the service has seen the reset.
    expect((await fetch(`${running.url}/livez`)).status).toBe(200)
    answer.resolve()
    await gone.promise
    expect((await fetch(`${running.url}/livez`)).status).toBe(200)
  })
})

describe('when orders is not there', () => {
  it('is not ready and promises nothing', async () => {
    ordersLog.broken = true
    await boot({ pollMs: hour })
    expect((await fetch(`${running.url}/readyz`)).status).toBe(503)
    const answer = await refused(running.url, '/orders/ord_1/events', { authorization: 'Bearer cus_ada' })
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, body: { code: 'orders-unavailable' } })
    ordersLog.broken = false
    ordersLog.write('ord_1')
    const order = ada('/orders/ord_1/events')
    expect((await order.untilLive()).map(short)).toEqual(['1 created', 'live 1'])
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
    order.socket.terminate()
  })
  it('sends everybody away when its log has become another one', async () => {
    await boot()
    ordersLog.write('ord_1')
    ordersLog.write('ord_1', 'confirmed')
    const order = ada('/orders/ord_1/events')
    await order.untilLive()
    ordersLog.entries.length = 0
    expect(await order.closed).toBe(1012)
    ordersLog.write('ord_1')
    const again = ada('/orders/ord_1/events')
    expect((await again.untilLive()).map(short)).toEqual(['1 created', 'live 1'])
    again.socket.terminate()
  })
})

describe('connections', () => {
  it('are closed with 1012 when the service stops', async () => {
    await boot()
    ordersLog.write('ord_1')
    const order = ada('/orders/ord_1/events')
    await order.untilLive()
    const stopped = running[Symbol.asyncDispose]()
    expect(await order.closed).toBe(1012)
    await stopped
  })
  it('are cut when the other end does not answer pings any more', async () => {
    await boot({ heartbeatMs: 50 })
    ordersLog.write('ord_1')
    const dead = new WebSocket(`${running.url.replace('http', 'ws')}/orders/ord_1/events`, {
      autoPong: false,
      headers: { authorization: 'Bearer cus_ada' },
    })
    const alive = ada('/orders/ord_1/events')
    await alive.untilLive()
    expect(await once(dead, 'close')).toEqual([1006, expect.anything()])
    expect(alive.socket.readyState).toBe(WebSocket.OPEN)
    alive.socket.terminate()
  })
  it('end with 1009 when a client sends more than it could mean', async () => {
    await boot()
    ordersLog.write('ord_1')
    const order = ada('/orders/ord_1/events')
    await order.untilLive()
    order.socket.send('x'.repeat(2_000))
    expect(await order.closed).toBe(1009)
  })
  it('end with 1013 when a client reads too slowly', async () => {
    await boot({ pollMs: 1 })
    ordersLog.write('ord_1')
    const slow = ada('/orders/ord_1/events')
    const quick = ada('/orders/ord_1/events')
    await Promise.all([slow.untilLive(), quick.untilLive()])
    slow.socket.pause()
    const event = ordersLog.entries[0]!
    for (let rev = 2; rev <= 150_000; rev++) ordersLog.entries.push({ ...event, rev })
    const last = (async () => {
      for (;;) {
        const message = await quick.next()
        if (message.type === 'event' && message.event.rev === 150_000) return message.event.rev
      }
    })()
    expect(await last).toBe(150_000)
    slow.socket.resume()
    expect(await slow.closed).toBe(1013)
    quick.socket.terminate()
  }, 30_000)
})
