import type { Socket } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { complete, type Policy } from '../src/policy.ts'
import { Breaker } from '../src/road/breaker.ts'
import { RetryBudget } from '../src/road/budget.ts'
import { type Call, type Filter, pipe } from '../src/road/call.ts'
import { endpointOf } from '../src/road/discover/address.ts'
import { Fault } from '../src/road/fault.ts'
import { breaker } from '../src/road/filters/breaker.ts'
import { bulkhead } from '../src/road/filters/bulkhead.ts'
import { deadline } from '../src/road/filters/deadline.ts'
import { hedge } from '../src/road/filters/hedge.ts'
import { retry } from '../src/road/filters/retry.ts'
import { connections } from '../src/road/pool.ts'
import { callOf } from './call.ts'
import { rawUpstream } from './raw.ts'

/** The filters of this file in their order, onto real connections to an upstream of bytes. */
async function setUp(given: Policy, script: (socket: Socket, head: string, nth: number) => void) {
  const upstream = await rawUpstream(script)
  const policy = complete(given)
  const end = connections(endpointOf(upstream), policy)
  const budget = new RetryBudget(policy.retryBudget)
  const filters: Filter[] = [
    deadline(policy.timeout, policy.streamTimeout),
    bulkhead(policy.bulkhead),
    retry(policy, budget),
  ]
  if (policy.hedge) filters.push(hedge(policy.hedge, budget))
  if (policy.breaker) filters.push(breaker(new Breaker(policy.breaker)))
  const service = pipe(filters, end.send)
  const ask = async (call: Partial<Call> = {}): Promise<string | number> => {
    try {
      const reply = await service(callOf({ until: performance.now() + 10_000, ...call }))
      await reply.body.bytes(1_000, 'orders')
      return reply.status
    } catch (error) {
      return error instanceof Fault ? error.kind : String(error)
    }
  }
  return {
    ask,
    upstream,
    async [Symbol.asyncDispose]() {
      await end[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

const answer = (socket: Socket, status = 200) => socket.write(`HTTP/1.1 ${status} X\r\ncontent-length: 2\r\n\r\nok`)

describe('an upstream that fails', () => {
  it.each<[string, (socket: Socket) => unknown]>([
    ['RST', (socket) => socket.resetAndDestroy()],
    ['FIN', (socket) => socket.end()],
    ['503', (socket) => answer(socket, 503)],
    ['silence', () => undefined],
  ])('U-04: %s instead of a head: one more attempt', async (_, fail) => {
    await using road = await setUp({ attempts: 2, firstByteTimeout: 100, timeout: 5_000 }, (socket, _head, nth) =>
      nth === 1 ? fail(socket) : answer(socket),
    )
    expect(await road.ask()).toBe(200)
    expect(road.upstream.heads).toHaveLength(2)
  })

  it.each<[string, (socket: Socket) => unknown]>([
    ['RST', (socket) => socket.resetAndDestroy()],
    ['FIN', (socket) => socket.end()],
  ])('U-18: %s on a kept connection: sent anew at once, a POST is not', async (_, fail) => {
    const served = new WeakSet<Socket>()
    const once = (socket: Socket) => {
      if (served.has(socket)) fail(socket)
      else answer(socket)
      served.add(socket)
    }
    await using reads = await setUp({}, once)
    for (let nth = 0; nth < 10; nth++) expect(await reads.ask()).toBe(200)
    expect(reads.upstream.connections).toBe(10)
    await using writes = await setUp({}, once)
    expect(await writes.ask()).toBe(200)
    // So that the connection is at rest.
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await writes.ask({ method: 'POST' })).toBe('reset')
  })

  it('U-21: is asked ten times, then spared', async () => {
    await using road = await setUp({ attempts: 3 }, (socket) => socket.end())
    const outcomes: (string | number)[] = []
    for (let nth = 0; nth < 50; nth++) outcomes.push(await road.ask())
    expect(road.upstream.heads).toHaveLength(10)
    expect(outcomes.at(-1)).toBe('open')
  })

  it('X-07: hangs: it is asked as often as there are places, and only the queue waits', async () => {
    const policy = { bulkhead: { calls: 4, queue: 8 }, timeout: 300, breaker: false } as const
    await using road = await setUp(policy, () => undefined)
    const counts = Object.groupBy(await Promise.all(Array.from({ length: 100 }, () => road.ask())), String)
    expect(counts['full']).toHaveLength(88)
    expect(counts['timeout']).toHaveLength(12)
    expect(road.upstream.heads.length).toBeLessThanOrEqual(12)
  })

  it('U-21: is slow once: a second connection answers, the first is cut', async () => {
    const cut = Promise.withResolvers<void>()
    await using road = await setUp({ hedge: {}, timeout: 5_000 }, (socket, _head, nth) => {
      if (nth === 21) socket.on('close', () => cut.resolve())
      else answer(socket)
    })
    for (let nth = 0; nth < 20; nth++) expect(await road.ask()).toBe(200)
    expect(await road.ask()).toBe(200)
    expect(road.upstream.heads).toHaveLength(22)
    await cut.promise
  })
})
