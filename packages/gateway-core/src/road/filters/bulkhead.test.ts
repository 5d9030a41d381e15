import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { callOf, faultOf, outcome, pass, replyOf, seeded, stopTime, underWay } from '../../../test/call.ts'
import { Scope } from '../../scope.ts'
import { Body } from '../body.ts'
import type { Call, Reply } from '../call.ts'
import { Fault } from '../fault.ts'
import { bulkhead } from './bulkhead.ts'

/** A bulkhead before a service whose replies stay under way until their body is told to finish. */
function setUp(calls: number, queue: number) {
  const filter = bulkhead({ calls, queue })
  const asked: string[] = []
  const bodies: Body[] = []
  const send = (url = '/', call: Partial<Call> = {}, service?: () => Promise<Reply>) =>
    filter(callOf({ url, ...call }), async () => {
      asked.push(url)
      if (service !== undefined) return service()
      const { body } = underWay()
      bodies.push(body)
      return replyOf(200, {}, body)
    })
  return { send, asked, bodies }
}

const kind = (promise: Promise<Reply>) => promise.catch((fault: unknown) => fault as Fault)

beforeEach(() => void stopTime())
afterEach(() => void jest.useRealTimers())

describe('bulkhead', () => {
  it('X-07: lets so many through at a time, the next when a body is over, in their order', async () => {
    const { send, asked, bodies } = setUp(2, 10)
    for (const url of ['a', 'b', 'c', 'd']) void send(url)
    await pass(0)
    expect(asked).toEqual(['a', 'b'])
    bodies[1]!.finish()
    await pass(0)
    expect(asked).toEqual(['a', 'b', 'c'])
    bodies[0]!.fail(new Error('cut'))
    await pass(0)
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
  })

  it('X-07: one that comes later does not overtake', async () => {
    const { send, asked, bodies } = setUp(1, 10)
    void send('a')
    void send('b')
    await pass(0)
    bodies[0]!.finish()
    void send('c')
    await pass(0)
    expect(asked).toEqual(['a', 'b'])
  })

  it.each<[string, () => Promise<Reply>]>([
    ['rejects', () => Promise.reject(faultOf('reset'))],
    ['throws', () => { throw new TypeError('ours') }], // prettier-ignore
    ['has its whole body at once', () => Promise.resolve(replyOf())],
  ])('X-07: a call that %s gives its place back, once', async (_, service) => {
    const { send, asked } = setUp(1, 0)
    for (let nth = 0; nth < 3; nth++) await kind(send('x', {}, service))
    void send('kept')
    await pass(0)
    expect(await outcome(send())).toBe('full')
    expect(asked).toEqual(['x', 'x', 'x', 'kept'])
  })

  it('X-07: 10 000 calls to an upstream that hangs: all but places and queue are told at once', async () => {
    const { send, asked } = setUp(256, 64)
    const outcomes = Array.from({ length: 10_000 }, () => outcome(send()))
    const counts = Object.groupBy(await Promise.all(outcomes), String)
    expect(counts['full']).toHaveLength(10_000 - 256 - 64)
    expect(counts['pending']).toHaveLength(64)
    expect(asked).toHaveLength(256)
  })

  it('X-07: one that waits leaves at its deadline', async () => {
    const { send, asked, bodies } = setUp(1, 2)
    void send('a')
    const b = send('b', { until: performance.now() + 100 })
    const c = send('c')
    expect(await outcome(b, 99)).toBe('pending')
    expect(await outcome(b, 1)).toBe('timeout')
    bodies[0]!.finish()
    expect(await outcome(c)).toBe(200)
    expect(asked).toEqual(['a', 'c'])
    expect(jest.getTimerCount()).toBe(0)
  })

  it.each<[string, unknown, string]>([
    ['its client is gone', new Error('gone'), 'aborted'],
    ['its deadline has come', faultOf('timeout'), 'timeout'],
  ])('X-07: one that waits leaves when %s, and its place in the queue is free', async (_, reason, fault) => {
    const { send, asked } = setUp(1, 1)
    void send('a')
    const scope = new Scope()
    const b = outcome(send('b', { scope }), 10)
    scope.end(reason)
    expect(await b).toBe(fault)
    expect(jest.getTimerCount()).toBe(0)
    expect(await outcome(send('c'))).toBe('pending')
    expect(asked).toEqual(['a'])
  })

  it('X-07: one that nobody wants is not queued', async () => {
    const { send } = setUp(1, 1)
    void send('a')
    const scope = new Scope()
    scope.end(new Error('gone'))
    expect(await outcome(send('b', { scope }))).toBe('aborted')
    expect(await outcome(send('c'))).toBe('pending')
  })

  it('G8: one that would wait longer than it has is told at once, and when to come back', async () => {
    const { send, bodies } = setUp(2, 64)
    void send('a')
    void send('b')
    const waiting = Array.from({ length: 4 }, () => send('w', { until: performance.now() + 60_000 }))
    // A place every 1 000 ms.
    await pass(1_000)
    bodies[0]!.finish()
    await pass(1_000)
    bodies[1]!.finish()
    expect(await outcome(waiting[1]!)).toBe(200)
    expect(await outcome(send('short', { until: performance.now() + 2_900 }))).toBe('full')
    expect(await outcome(send('long', { until: performance.now() + 3_100 }))).toBe('pending')
    const refused = await kind(send('next', { until: performance.now() + 3_100 }))
    expect(refused).toMatchObject({ kind: 'full', options: { retryAfter: 4_000 } })
  })

  it('G8: learns that the upstream is fast again', async () => {
    const { send, bodies } = setUp(1, 64)
    void send('slow')
    await pass(10_000)
    bodies[0]!.finish()
    for (let nth = 1; nth <= 40; nth++) {
      void send('fast')
      await pass(10)
      bodies[nth]!.finish()
    }
    void send('a')
    expect(await outcome(send('b', { until: performance.now() + 200 }))).toBe('pending')
  })

  it('G8: time in which a place was free says nothing about the pace', async () => {
    const { send, bodies } = setUp(1, 64)
    for (let nth = 0; nth < 3; nth++) {
      void send('a')
      await pass(10)
      bodies[nth]!.finish()
      await pass(10_000)
    }
    void send('a')
    expect(await outcome(send('b', { until: performance.now() + 20 }))).toBe('pending')
    const two = setUp(2, 64)
    void two.send('long')
    await pass(10_000)
    two.bodies[0]!.finish()
    void two.send('a')
    void two.send('b')
    expect(await outcome(two.send('c', { until: performance.now() + 20 }))).toBe('pending')
  })

  it('X-07: leaves nothing behind on the scope of a call', async () => {
    const { send, bodies } = setUp(1, 1)
    void send('a')
    const scope = new Scope()
    const release = jest.fn()
    jest.spyOn(scope, 'onEnd').mockReturnValue(release)
    const b = send('b', { scope })
    bodies[0]!.finish()
    expect(await outcome(b)).toBe(200)
    expect(release).toHaveBeenCalledTimes(1)
  })

  it('X-07: never more than its places, and none is lost, whatever ends when', async () => {
    const random = seeded(7)
    const filter = bulkhead({ calls: 5, queue: 10 })
    let [now, most] = [0, 0]
    const service = async (): Promise<Reply> => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => void setTimeout(resolve, random() * 30))
      if (random() < 0.3) {
        now--
        throw faultOf('reset')
      }
      const { body } = underWay()
      body.onOver(() => now--)
      setTimeout(() => body.destroy(), random() * 30)
      return replyOf(200, {}, body)
    }
    for (let nth = 0; nth < 3_000; nth++) {
      const scope = new Scope()
      void filter(callOf({ scope, until: performance.now() + random() * 60 }), service).catch(() => undefined)
      if (random() < 0.2) setTimeout(() => scope.end(new Error('gone')), random() * 20)
      await pass(random() * 8)
    }
    await pass(1_000)
    expect([now, most]).toEqual([0, 5])
    const after = Array.from({ length: 6 }, () => outcome(filter(callOf(), () => new Promise(() => undefined))))
    expect(await Promise.all(after)).toEqual(Array.from({ length: 6 }, () => 'pending'))
    expect(jest.getTimerCount()).toBe(1)
  })
})
