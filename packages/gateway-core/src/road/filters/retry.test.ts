import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { callOf, faultOf, outcome, pass, replyOf, seeded, stopTime, underWay } from '../../../test/call.ts'
import { Scope } from '../../scope.ts'
import { RetryBudget } from '../budget.ts'
import type { Call, Reply } from '../call.ts'
import { Fault } from '../fault.ts'
import { hedge } from './hedge.ts'
import { retry } from './retry.ts'

type Answer = Reply | Fault

const policy = { attempts: 3, retryMethods: ['GET', 'HEAD', 'PUT', 'DELETE'] } as const
const ok = () => replyOf(200)

/** A retry over a service that gives these answers in turn, the last for ever. `random` draws the longest pauses. */
function setUp(
  answers: readonly (() => Answer)[],
  given: object = {},
  budget = new RetryBudget(0.2),
  random = () => 1,
) {
  const seen: Call[] = []
  const at: number[] = []
  const start = performance.now()
  const filter = retry({ ...policy, ...given }, budget, random)
  const send = (call: Partial<Call> = {}) =>
    filter(callOf(call), async (attempt) => {
      at.push(performance.now() - start)
      const answer = answers[Math.min(seen.push(attempt), answers.length) - 1]!()
      if (answer instanceof Fault) throw answer
      return answer
    })
  return { send, seen, at, budget }
}

beforeEach(() => void stopTime())
afterEach(() => void jest.useRealTimers())

describe('retry', () => {
  it.each<[string, () => Answer]>([
    ['refused', () => faultOf('refused')],
    ['reset', () => faultOf('reset')],
    ['a limit of the attempt alone', () => faultOf('timeout')],
    ['502', () => replyOf(502)],
    ['503', () => replyOf(503)],
    ['504', () => replyOf(504)],
  ])('U-04: tries again after %s', async (_, answer) => {
    const { send, seen } = setUp([answer, ok])
    expect(await outcome(send(), 100)).toBe(200)
    expect(seen).toHaveLength(2)
  })

  it.each<[string, () => Answer, string | number]>([
    ['malformed', () => faultOf('malformed'), 'malformed'],
    ['open', () => faultOf('open'), 'open'],
    ['full', () => faultOf('full'), 'full'],
    ['aborted', () => faultOf('aborted'), 'aborted'],
    ['404', () => replyOf(404), 404],
    ['429', () => replyOf(429), 429],
    ['500', () => replyOf(500), 500],
    ['200', ok, 200],
  ])('U-04: passes %s on', async (_, answer, result) => {
    const { send, seen } = setUp([answer])
    expect(await outcome(send(), 2_000)).toBe(result)
    expect(seen).toHaveLength(1)
  })

  it.each<[string, Partial<Call>, number]>([
    ['GET', {}, 3],
    ['DELETE', { method: 'DELETE' }, 3],
    ['PUT of a text', { method: 'PUT', body: 'x' }, 3],
    ['POST', { method: 'POST', body: 'x' }, 1],
    ['POST with a key', { method: 'POST', body: 'x', headers: { 'idempotency-key': '1' } }, 3],
    ['PUT of a stream', { method: 'PUT', body: Readable.from(['x']) }, 1],
    [
      'POST of a stream with a key',
      { method: 'POST', body: Readable.from([]), headers: { 'idempotency-key': '1' } },
      1,
    ],
  ])('U-04: sends a %s as often as is safe', async (_, call, attempts) => {
    const { send, seen } = setUp([() => faultOf('refused')])
    expect(await outcome(send(call), 500)).toBe('refused')
    expect(seen).toHaveLength(attempts)
  })

  it('U-04: repeats only the methods that the policy names', async () => {
    const { send, seen } = setUp([() => faultOf('refused')], { retryMethods: ['HEAD'] })
    expect(await outcome(send())).toBe('refused')
    expect(seen).toHaveLength(1)
  })

  it('U-04: a mistake of ours is thrown as it is, and repeats nothing', async () => {
    const filter = retry(policy, new RetryBudget(0.2))
    const next = jest.fn(() => Promise.reject(new TypeError('ours')))
    await expect(filter(callOf(), next)).rejects.toThrow(TypeError)
    expect(next).toHaveBeenCalledTimes(1)
  })

  it('U-04: every attempt carries the same list of who was asked', async () => {
    const { send, seen } = setUp([() => faultOf('refused')])
    void send().catch(() => undefined)
    await pass(500)
    expect(seen[0]!.tried).toBeInstanceOf(Set)
    expect(new Set(seen.map(({ tried }) => tried)).size).toBe(1)
  })

  it('U-04: throws a reply that it does not pass on away', async () => {
    const first = underWay()
    const { send } = setUp([() => replyOf(503, {}, first.body), ok])
    expect(await outcome(send(), 100)).toBe(200)
    expect(first.aborted()).toBe(true)
  })

  it('U-04: leaves the body of the last reply alone', async () => {
    const last = underWay()
    const { send } = setUp([() => replyOf(503), () => replyOf(503, {}, last.body)], { attempts: 2 })
    expect(await outcome(send(), 100)).toBe(503)
    expect(last.aborted()).toBe(false)
  })

  it('U-21: pauses double, are drawn at random, and end at a second', async () => {
    const { send, at } = setUp([() => faultOf('refused')], { attempts: 9 })
    void send({ until: performance.now() + 60_000 }).catch(() => undefined)
    await pass(60_000)
    expect(at).toEqual([0, 25, 75, 175, 375, 775, 1_575, 2_575, 3_575])
    const half = setUp([() => faultOf('refused')], {}, new RetryBudget(0.2), () => 0.5)
    void half.send().catch(() => undefined)
    await pass(1_000)
    expect(half.at).toEqual([0, 12, 37])
  })

  it('U-21: a pause that outlasts the call is not begun', async () => {
    const { send, seen } = setUp([() => faultOf('refused')])
    expect(await outcome(send({ until: performance.now() + 25 }))).toBe('refused')
    expect(seen).toHaveLength(1)
  })

  it.each<[string, string | readonly string[], number | undefined]>([
    ['seconds', '1', 1_025],
    ['a date', 'Sun, 06 Nov 1994 08:49:40 GMT', 3_025],
    ['a date that has passed', 'Sun, 06 Nov 1994 08:49:30 GMT', 25],
    ['more seconds than are left', '4', undefined],
    ['a date beyond what is left', 'Sun, 06 Nov 1994 09:49:40 GMT', undefined],
    ['seconds beyond all numbers', '9999999999', undefined],
    ['no time at all', 'soon', 25],
    ['a number with a sign', '-1', 25],
    ['two values', ['1', '2'], 25],
  ])('U-21: honours Retry-After: %s', async (_, value, waited) => {
    jest.setSystemTime(new Date('1994-11-06T08:49:37Z'))
    const { send, at, seen } = setUp([() => replyOf(503, { 'retry-after': value }), ok])
    expect(await outcome(send({ until: performance.now() + 4_000 }), 5_000)).toBe(waited === undefined ? 503 : 200)
    expect(seen).toHaveLength(waited === undefined ? 1 : 2)
    expect(at[1]).toBe(waited)
  })

  it.each<[string, unknown, string]>([
    ['its client is gone', new Error('gone'), 'aborted'],
    ['its deadline has come', faultOf('timeout'), 'timeout'],
  ])('U-04: stops pausing at once when %s', async (_, reason, kind) => {
    const scope = new Scope()
    const { send, seen, budget } = setUp([() => faultOf('refused')])
    const reply = send({ scope })
    await pass(10)
    scope.end(reason)
    expect(await outcome(reply)).toBe(kind)
    expect(jest.getTimerCount()).toBe(0)
    expect(seen).toHaveLength(1)
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, true])
  })

  it('U-04: tries nothing again once nobody waits', async () => {
    const scope = new Scope()
    const late = () => {
      scope.end(new Error('gone'))
      return faultOf('reset', { reused: true })
    }
    const { send, seen } = setUp([late])
    expect(await outcome(send({ scope }))).toBe('reset')
    expect(seen).toHaveLength(1)
  })

  it('U-18: a kept connection that died unread costs one more attempt, at once, even where one is allowed', async () => {
    const { send, at } = setUp([() => faultOf('reset', { reused: true }), ok], { attempts: 1 })
    expect(await outcome(send())).toBe(200)
    expect(at).toEqual([0, 0])
  })

  it('U-18: once per call, and beside the attempts that are allowed', async () => {
    const { send, at } = setUp([() => faultOf('reset', { reused: true })], { attempts: 2 })
    expect(await outcome(send(), 100)).toBe('reset')
    expect(at).toEqual([0, 0, 25])
  })

  it('U-18: nothing is sent twice that may not be', async () => {
    const { send, seen } = setUp([() => faultOf('reset', { reused: true })])
    expect(await outcome(send({ method: 'POST' }))).toBe('reset')
    expect(seen).toHaveLength(1)
  })

  it('U-04: leaves nothing behind on the scope of a call', async () => {
    const scope = new Scope()
    const release = jest.fn()
    jest.spyOn(scope, 'onEnd').mockReturnValue(release)
    const { send } = setUp([() => faultOf('refused'), ok])
    expect(await outcome(send({ scope }), 100)).toBe(200)
    expect(release).toHaveBeenCalledTimes(1)
  })

  it('G10: tells the budget when a call is over, also when it failed and when it may not be repeated', async () => {
    const { send, budget } = setUp([() => faultOf('malformed')])
    for (let nth = 0; nth < 40; nth++) await outcome(send({ method: nth % 2 === 0 ? 'GET' : 'POST' }))
    expect([1, 2, 3, 4].map(() => budget.take())).toEqual([true, true, true, false])
  })

  it('G10: passes the failure on when the budget is spent, its body untouched', async () => {
    const body = underWay()
    const { send, seen } = setUp([() => replyOf(503, {}, body.body)], {}, new RetryBudget(0))
    expect(await outcome(send())).toBe(503)
    expect(seen).toHaveLength(1)
    expect(body.aborted()).toBe(false)
  })

  it.each([1, 2, 3, 4, 5, 6])('G10: 10 000 calls cause at most 12 000 attempts and a burst (seed %i)', async (seed) => {
    const random = seeded(seed)
    const budget = new RetryBudget(0.2)
    const retrying = retry({ ...policy, attempts: 5 }, budget, random)
    const hedging = hedge({ percentile: 0.5, minimum: 1 }, budget)
    let attempts = 0
    let share = 0
    const service = async (): Promise<Reply> => {
      attempts++
      if (random() < 0.2) await new Promise((resolve) => void setTimeout(resolve, random() * 40))
      if (random() >= share) return replyOf()
      const kind = (['refused', 'reset', 'reset', 'timeout', 'malformed'] as const)[Math.floor(random() * 6)]
      if (kind === undefined) return replyOf(500 + Math.floor(random() * 5))
      throw faultOf(kind, { reused: random() < 0.5 })
    }
    let calls = 0
    let size = 0
    for (let round = 0; round < 200; round++) {
      if (random() < 0.2) share = [0, 0.1, 0.5, 1][Math.floor(random() * 4)]!
      if (round % 2 === 0) size = 1 + Math.floor(random() * 99)
      const batch = Array.from({ length: round % 2 === 0 ? size : 100 - size }, () => {
        calls++
        return retrying(callOf(), (call) => hedging(call, service)).catch(() => undefined)
      })
      await pass(2_000)
      await Promise.all(batch)
      expect(attempts).toBeLessThanOrEqual(1.2 * calls + 10)
    }
    expect(calls).toBe(10_000)
    expect(attempts).toBeGreaterThan(10_500)
  })
})
