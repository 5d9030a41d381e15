import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { callOf, faultOf, outcome, pass, replyOf, stopTime } from '../../../test/call.ts'
import { exchangeOf } from '../../../test/exchange.ts'
import { Scope } from '../../scope.ts'
import { Body } from '../body.ts'
import type { Call, Reply } from '../call.ts'
import { Fault } from '../fault.ts'
import type { Identity } from '../../exchange.ts'
import { signedInAs } from '../../testing.ts'
import { coalesce } from './coalesce.ts'

beforeEach(() => void stopTime())
afterEach(() => void jest.useRealTimers())

/** A coalescing filter over a service whose calls a test answers, one by one. Called off, they reject as a pool's do. */
function setUp(token: 'none' | 'user' = 'none', maxBytes = 1_000) {
  const filter = coalesce(token, maxBytes)
  const seen: Call[] = []
  const answers: PromiseWithResolvers<Reply>[] = []
  const next = (call: Call) => {
    const answer = Promise.withResolvers<Reply>()
    call.scope.onEnd(answer.reject)
    seen.push(call)
    answers.push(answer)
    return answer.promise
  }
  return { seen, answers, send: (call: Partial<Call> = {}) => filter(callOf(call), next) }
}

const body = async (reply: Promise<Reply>) => (await (await reply).body.bytes(1_000, 'orders')).toString()

const as = (id: string, more: Partial<Identity> = {}) => ({ exchange: exchangeOf({ identity: signedInAs(id, more) }) })

describe('coalesce', () => {
  it('A-04: 10 000 equal reads are one call, and each gets all of the answer', async () => {
    const { send, seen, answers } = setUp()
    const replies = Array.from({ length: 10_000 }, () => body(send({ url: '/x' })))
    expect(seen).toHaveLength(1)
    answers[0]!.resolve(replyOf(200, {}, Body.of('one')))
    expect(new Set(await Promise.all(replies))).toEqual(new Set(['one']))
    expect(jest.getTimerCount()).toBe(0)
  })

  it('A-04: nothing is kept: neither an answer nor a failure', async () => {
    const { send, seen, answers } = setUp()
    const fault = faultOf('reset')
    const first = [send(), send()]
    answers[0]!.reject(fault)
    for (const reply of first) await expect(reply).rejects.toBe(fault)
    const second = send()
    answers[1]!.resolve(replyOf(503))
    expect(await outcome(second)).toBe(503)
    void send()
    expect(seen).toHaveLength(3)
  })

  const different: [string, Partial<Call>, Partial<Call>][] = [
    ['method', { method: 'GET' }, { method: 'HEAD' }],
    ['path', { url: '/a' }, { url: '/b' }],
    ['query', { url: '/a?x=1' }, { url: '/a?x=2' }],
    ['header', { headers: { 'accept-language': 'de' } }, { headers: { 'accept-language': 'fr' } }],
    ['header that one has not', { headers: { 'x-tenant': 'a' } }, {}],
    ['POST', { method: 'POST' }, { method: 'POST' }],
    ['body', { body: 'x' }, { body: 'x' }],
    ['stream', { body: Readable.from([]) }, { body: Readable.from([]) }],
    ['streamed answer', { streamed: true }, { streamed: true }],
  ]
  it.each(different)('A-01: not equal: %s', (_, one, other) => {
    const { send, seen } = setUp()
    void send(one)
    void send(other)
    expect(seen).toHaveLength(2)
  })

  it('A-01: headers in another order are equal', () => {
    const { send, seen } = setUp()
    void send({ headers: { accept: 'a', 'x-b': 'b' } })
    void send({ headers: { 'x-b': 'b', accept: 'a' } })
    expect(seen).toHaveLength(1)
  })

  const facts: [string, Partial<Identity>][] = [
    ['client', { client: 'other' }],
    ['scope', { user: { id: 'a', scopes: new Set(['admin']), claims: {} } }],
    ['session', { sessionId: 'other' }],
    ['proof', { acr: 'phr' }],
    ['time of the proof', { authenticatedAt: 1_000 }],
  ]
  it.each(facts)(
    'G13: where a service is told of users, they share with nobody, nor with themselves in another %s',
    (_, more) => {
      const { send, seen } = setUp('user')
      for (const who of [as('a'), as('b'), as('a', more), as('a'), as('b'), as('a', more)]) void send(who)
      expect(seen).toHaveLength(3)
    },
  )

  it('G13: of one user with two tokens that say the same, a service sees no difference, so they share', () => {
    const { send, seen } = setUp('user')
    for (const tokenId of ['one', 'two']) void send(as('a', { tokenId, issuedAt: Math.random(), expiresAt: Infinity }))
    expect(seen).toHaveLength(1)
  })

  it('G13: where a token travels and there is no user, nothing is shared', () => {
    const { send, seen } = setUp('user')
    void send()
    void send()
    expect(seen).toHaveLength(2)
  })

  it('A-04: the one who began it may leave', async () => {
    const { send, seen, answers } = setUp()
    const scope = new Scope()
    const leader = outcome(send({ scope }))
    const follower = send()
    scope.end(new Error('client gone'))
    expect(await leader).toBe('aborted')
    expect(seen[0]!.scope.ended).toBe(false)
    answers[0]!.resolve(replyOf())
    expect(await outcome(follower)).toBe(200)
  })

  it('A-04: when all have left it is called off, and who comes then asks anew', async () => {
    const { send, seen } = setUp()
    const scopes = [new Scope(), new Scope()]
    const replies = scopes.map((scope) => outcome(send({ scope })))
    for (const scope of scopes) scope.end(new Error('client gone'))
    expect(seen[0]!.scope.ended).toBe(true)
    void send()
    expect(seen).toHaveLength(2)
    expect(await Promise.all(replies)).toEqual(['aborted', 'aborted'])
    void send()
    expect(seen).toHaveLength(2)
  })

  it('A-04: each leaves at its own deadline', async () => {
    const { send, answers } = setUp()
    const until = performance.now() + 500
    const leader = send({ until })
    const hasty = outcome(send({ until: until - 400 }), 100)
    const patient = send({ until: until + 400 })
    expect(await hasty).toBe('timeout')
    answers[0]!.resolve(replyOf())
    expect(await outcome(leader)).toBe(200)
    expect(await outcome(patient)).toBe(200)
    expect(jest.getTimerCount()).toBe(0)
  })

  it('A-05: a body that breaks or is too large fails all alike', async () => {
    const { send, answers } = setUp('none', 3)
    const broken = new Body()
    const first = [send(), send()].map((reply) => outcome(reply, 10))
    answers[0]!.resolve(replyOf(200, {}, broken))
    await pass(1)
    broken.fail(new Fault('reset', 'orders'))
    expect(await Promise.all(first)).toEqual(['reset', 'reset'])
    const second = [send(), send()].map((reply) => outcome(reply))
    answers[1]!.resolve(replyOf(200, {}, Body.of('four')))
    expect(await Promise.all(second)).toEqual(['malformed', 'malformed'])
  })
})
