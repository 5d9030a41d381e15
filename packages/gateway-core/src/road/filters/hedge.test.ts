import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { callOf, faultOf, outcome, pass, replyOf, stopTime, underWay } from '../../../test/call.ts'
import { Scope } from '../../scope.ts'
import { RetryBudget } from '../budget.ts'
import type { Call, Reply } from '../call.ts'
import { Fault } from '../fault.ts'
import { hedge } from './hedge.ts'

/** After so many ms, this. */
type Answer = readonly [number, Reply | Fault]

/** A hedge that has seen twenty answers of 50 ms, over a service that gives these answers in turn. */
async function setUp(answers: readonly Answer[], { warm = 20, share = 0.2, budget = new RetryBudget(share) } = {}) {
  const filter = hedge({ percentile: 0.95, minimum: 10 }, budget)
  const seen: Call[] = []
  const at: number[] = []
  let start = 0
  const serve = (call: Call, [ms, answer]: Answer) =>
    new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => (answer instanceof Fault ? reject(answer) : resolve(answer)), ms)
      call.scope.onEnd((reason) => {
        clearTimeout(timer)
        reject(reason)
      })
    })
  for (let nth = 0; nth < warm; nth++) {
    const done = filter(callOf(), (call) => serve(call, [50, replyOf()]))
    await pass(50)
    await done
  }
  const send = (call: Partial<Call> = {}) => {
    start = performance.now()
    return filter(callOf(call), (attempt) => {
      at.push(performance.now() - start)
      return serve(attempt, answers[seen.push(attempt) - 1]!)
    })
  }
  return { send, seen, at, budget }
}

beforeEach(() => void stopTime())
afterEach(() => void jest.useRealTimers())

describe('hedge', () => {
  it('U-21: asks a second time when the first takes longer than most, and calls the loser off', async () => {
    const { send, seen, at } = await setUp([
      [900, replyOf(200)],
      [20, replyOf(201)],
    ])
    expect(await outcome(send(), 70)).toBe(201)
    expect(at).toEqual([0, 50])
    expect(seen.map(({ scope }) => scope.ended)).toEqual([true, false])
    expect(seen[0]!.scope.reason).toMatchObject({ kind: 'aborted' })
    expect(jest.getTimerCount()).toBe(0)
  })

  it('U-21: the first may still win, and the second is then called off', async () => {
    const { send, seen } = await setUp([
      [60, replyOf(200)],
      [20, replyOf(201)],
    ])
    expect(await outcome(send(), 60)).toBe(200)
    expect(seen.map(({ scope }) => scope.ended)).toEqual([false, true])
  })

  it('U-21: both share one list of who was asked, that of the retries if there is one', async () => {
    const slow: Answer[] = [
      [900, replyOf()],
      [20, replyOf()],
    ]
    const { send, seen } = await setUp(slow)
    await outcome(send(), 100)
    expect(seen[0]!.tried).toBeInstanceOf(Set)
    expect(seen[1]!.tried).toBe(seen[0]!.tried)
    const again = await setUp(slow)
    const tried = new Set<unknown>()
    await outcome(again.send({ tried }), 100)
    expect(again.seen.map((call) => call.tried === tried)).toEqual([true, true])
  })

  it.each<[string, Partial<Call>]>([
    ['a POST', { method: 'POST' }],
    ['a PUT', { method: 'PUT' }],
    ['a streamed body', { body: Readable.from(['x']) }],
  ])('U-21: never asks twice: %s', async (_, call) => {
    const { send, seen } = await setUp([[900, replyOf()]])
    expect(await outcome(send(call), 900)).toBe(200)
    expect(seen).toHaveLength(1)
  })

  it('U-21: asks once while fewer than 20 answers are known', async () => {
    const { send, seen } = await setUp([[900, replyOf()]], { warm: 19 })
    expect(await outcome(send(), 900)).toBe(200)
    expect(seen).toHaveLength(1)
  })

  it('U-21: asks once when the second would come after the deadline', async () => {
    const { send, seen } = await setUp([[900, replyOf()]])
    expect(await outcome(send({ until: performance.now() + 50 }), 900)).toBe(200)
    expect(seen).toHaveLength(1)
  })

  it('G10: asks once when the budget is spent', async () => {
    const { send, seen } = await setUp([[900, replyOf()]], { share: 0 })
    expect(await outcome(send(), 900)).toBe(200)
    expect(seen).toHaveLength(1)
  })

  it('G10: gives its place in the budget back, won or lost', async () => {
    const { send, budget } = await setUp([
      [60, replyOf()],
      [900, replyOf()],
      [900, replyOf()],
      [20, replyOf()],
    ])
    await outcome(send(), 100)
    await outcome(send(), 100)
    expect([1, 2, 3, 4].map(() => budget.take())).toEqual([true, true, true, false])
  })

  it.each<[string, Answer, Answer, string | number]>([
    ['the first fails, the second answers', [60, faultOf('reset')], [20, replyOf()], 200],
    ['the first is a 503, the second answers', [60, replyOf(503)], [20, replyOf()], 200],
    ['the second fails, the first answers', [90, replyOf()], [20, faultOf('refused')], 200],
    ['the second is a 500, the first answers', [90, replyOf()], [20, replyOf(500)], 200],
    ['a 404 is an answer', [900, replyOf()], [20, replyOf(404)], 404],
    ['both fail', [60, faultOf('reset')], [20, faultOf('refused')], 'refused'],
    ['both are errors', [60, replyOf(503)], [20, replyOf(500)], 500],
    ['an error, then a fault', [60, replyOf(503)], [20, faultOf('reset')], 'reset'],
    ['the first fails before there is a second', [40, faultOf('reset')], [0, replyOf()], 'reset'],
    ['the first is an error before there is a second', [40, replyOf(503)], [0, replyOf()], 503],
  ])('U-21: %s', async (_, first, second, result) => {
    const { send } = await setUp([first, second])
    expect(await outcome(send(), 100)).toBe(result)
    expect(jest.getTimerCount()).toBe(0)
  })

  it.each<[string, Reply | Fault]>([
    ['another answer', replyOf()],
    ['a fault', faultOf('reset')],
  ])('U-04: throws an error that waited away when %s comes', async (_, second) => {
    const { body, aborted } = underWay()
    const { send } = await setUp([
      [60, replyOf(503, {}, body)],
      [20, second],
    ])
    const done = outcome(send(), 65)
    await pass(0)
    expect(await done).toBe('pending')
    expect(aborted()).toBe(false)
    await pass(20)
    expect(aborted()).toBe(true)
  })

  it('U-04: throws a reply away that comes although it was called off', async () => {
    const { body, aborted } = underWay()
    const late = Promise.withResolvers<Reply>()
    const budget = new RetryBudget(0.2)
    const filter = hedge({ percentile: 0.95, minimum: 10 }, budget)
    for (let nth = 0; nth < 20; nth++) await filter(callOf(), async () => replyOf())
    let asked = 0
    const reply = filter(callOf(), () => (++asked === 1 ? late.promise : Promise.resolve(replyOf(201))))
    expect(await outcome(reply, 10)).toBe(201)
    late.resolve(replyOf(200, {}, body))
    await pass(0)
    expect(aborted()).toBe(true)
  })

  it('U-04: the winner can be called off until its body is over', async () => {
    const { body } = underWay()
    const { send, seen } = await setUp([
      [900, replyOf()],
      [20, replyOf(200, {}, body)],
      [10, replyOf()],
    ])
    const scope = new Scope()
    expect(await outcome(send({ scope }), 70)).toBe(200)
    scope.end(new Error('gone'))
    expect(seen[1]!.scope.ended).toBe(true)
    const other = new Scope()
    expect(await outcome(send({ scope: other }), 10)).toBe(200)
    other.end(new Error('gone'))
    expect(seen[2]!.scope.ended).toBe(false)
  })

  it('U-04: calls both off when nobody waits any more', async () => {
    const { send, seen } = await setUp([
      [900, replyOf()],
      [900, replyOf()],
    ])
    const scope = new Scope()
    const reply = outcome(send({ scope }), 60)
    await pass(0)
    setTimeout(() => scope.end(faultOf('timeout')), 5)
    await pass(10)
    await reply
    expect(seen.map((call) => call.scope.ended)).toEqual([true, true])
    expect(jest.getTimerCount()).toBe(0)
  })

  it('U-21: what hedges win does not make more and more calls seem late', async () => {
    const slow = Array.from({ length: 400 }, (_, nth): Answer => [nth % 2 === 0 ? 900 : 1, replyOf()])
    const { send, at } = await setUp(slow, { warm: 256, share: 1 })
    for (let nth = 0; nth < 190; nth++) await outcome(send(), 120)
    expect(at.filter((ms) => ms > 0).every((ms) => ms >= 50)).toBe(true)
  })
})
