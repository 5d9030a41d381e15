import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { callOf, faultOf, replyOf } from '../../../test/call.ts'
import { Scope } from '../../scope.ts'
import { Breaker } from '../breaker.ts'
import type { Call, Reply } from '../call.ts'
import { Fault } from '../fault.ts'
import { breaker } from './breaker.ts'

const policy = { failureRate: 0.5, slowRate: 1, slowAfter: 100, window: 10_000, minimum: 20, cooldown: 5_000 }

function setUp() {
  const time = { now: 1_000_000 }
  const now = () => time.now
  const machine = new Breaker(policy, () => undefined, now)
  const filter = breaker(machine, now)
  let asked = 0
  const send = (answer: Reply | Error, took = 0, call: Partial<Call> = {}) =>
    filter(callOf(call), async () => {
      asked++
      time.now += took
      if (answer instanceof Error) throw answer
      return answer
    }).catch((error: unknown) => error)
  return { time, machine, send, asked: () => asked }
}

const ended = () => {
  const scope = new Scope()
  scope.end(faultOf('timeout'))
  return scope
}

describe('the breaker filter', () => {
  it.each<[string, Reply | Error, number, Partial<Call>, boolean]>([
    ['refused', faultOf('refused'), 0, {}, true],
    ['reset', faultOf('reset'), 0, {}, true],
    ['malformed', faultOf('malformed'), 0, {}, true],
    ['a limit of the attempt', faultOf('timeout'), 10, {}, true],
    ['a deadline', faultOf('timeout'), 50, { scope: ended() }, true],
    ['a deadline that came at once', faultOf('timeout'), 49, { scope: ended() }, false],
    ['a deadline of an upload', faultOf('timeout'), 99, { scope: ended(), body: Readable.from([]) }, false],
    ['aborted', faultOf('aborted'), 50, {}, false],
    ['full', faultOf('full'), 0, {}, false],
    ['open', faultOf('open'), 0, {}, false],
    ['a mistake of ours', new TypeError('ours'), 0, {}, false],
    ['500', replyOf(500), 0, {}, true],
    ['502', replyOf(502), 0, {}, true],
    ['503', replyOf(503), 0, {}, true],
    ['504', replyOf(504), 0, {}, true],
    ['501', replyOf(501), 0, {}, false],
    ['400', replyOf(400), 0, {}, false],
    ['404', replyOf(404), 0, {}, false],
    ['429', replyOf(429), 0, {}, false],
    ['slow', replyOf(200), 101, {}, true],
    ['not quite slow', replyOf(200), 100, {}, false],
    ['a slow upload', replyOf(200), 101, { body: Readable.from([]) }, false],
  ])('U-21: %s, and nothing else, opens: %#', async (_, answer, took, call, opens) => {
    const { machine, send } = setUp()
    for (let nth = 0; nth < 20; nth++) await send(answer, took, call)
    expect(machine.state).toBe(opens ? 'open' : 'closed')
  })

  it('U-21: hands on what it was given', async () => {
    const { send } = setUp()
    const [reply, fault] = [replyOf(503), faultOf('reset')]
    expect(await send(reply)).toBe(reply)
    expect(await send(fault)).toBe(fault)
  })

  it('U-21: spares the upstream, and says for how long', async () => {
    const { time, send, asked } = setUp()
    for (let nth = 0; nth < 10; nth++) await send(faultOf('refused'))
    time.now += 2_000
    const fault = await send(replyOf())
    expect(fault).toBeInstanceOf(Fault)
    expect(fault).toMatchObject({ kind: 'open', upstream: 'orders', options: { retryAfter: 3_000 } })
    expect(asked()).toBe(10)
  })

  it('U-21: a probe that was called off does not keep the others out', async () => {
    const { time, machine, send } = setUp()
    for (let nth = 0; nth < 10; nth++) await send(faultOf('refused'))
    time.now += 5_000
    await send(faultOf('aborted'))
    expect(machine.state).toBe('half-open')
    expect(await send(replyOf())).toMatchObject({ status: 200 })
    expect(machine.state).toBe('closed')
  })
})
