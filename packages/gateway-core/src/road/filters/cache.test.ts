import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { callOf, faultOf, outcome, pass, replyOf, seeded, stopTime, underWay } from '../../../test/call.ts'
import { exchangeOf } from '../../../test/exchange.ts'
import { Scope } from '../../scope.ts'
import { Body } from '../body.ts'
import type { Call, Headers, Reply } from '../call.ts'
import type { Fault } from '../fault.ts'
import { signedInAs } from '../../testing.ts'
import { cache, type CacheOptions } from './cache.ts'

beforeEach(() => void stopTime())
afterEach(() => void jest.useRealTimers())

type Answer = Reply | Fault | Promise<Reply>

const options: CacheOptions = {
  maxBytes: 1_000_000,
  maxEntryBytes: 1_000,
  maxAge: 0,
  staleWhileRevalidate: 0,
  staleIfError: 0,
  token: 'none',
  timeout: 500,
  address: 'http://orders.internal:4103/v1',
}

/** A cache over a service that gives these answers in turn, then the last again. */
function setUp(answers: readonly ((call: Call) => Answer)[], given: Partial<CacheOptions> = {}) {
  const filter = cache({ ...options, ...given })
  const seen: Call[] = []
  const next = (call: Call): Promise<Reply> => {
    seen.push(call)
    const answer = answers[Math.min(seen.length, answers.length) - 1]!(call)
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  const send = (call: Partial<Call> = {}) => filter(callOf(call), next)
  /** Status, body, and what the cache says it did. */
  const ask = async (call: Partial<Call> = {}) => {
    const { status, headers, body } = await send(call)
    const bytes = await body.bytes(10_000, 'orders')
    return `${status} ${bytes} ${String(headers['cache-status']).replace('bff; ', '')}`
  }
  return { ask, send, seen }
}

const ok =
  (text: string, headers: Headers = {}, status = 200) =>
  (): Reply =>
    replyOf(status, { 'content-length': String(text.length), 'cache-control': 'max-age=60', ...headers }, Body.of(text))

const cc = (value: string): Headers => ({ 'cache-control': value })

const as = (id: string) => ({
  exchange: exchangeOf({ identity: signedInAs(id) }),
})

describe('cache: hits', () => {
  it('A-03, K-4: keeps an answer for as long as it says, and tells its age', async () => {
    const { ask, send, seen } = setUp([ok('one'), ok('two')])
    expect(await ask()).toBe('200 one fwd=miss; stored')
    await pass(20_000)
    expect(await ask()).toBe('200 one hit; ttl=40')
    expect((await send()).headers).toMatchObject({ age: '20', 'content-length': '3' })
    await pass(40_000)
    expect(await ask()).toBe('200 two fwd=stale; fwd-status=200; stored')
    expect(seen).toHaveLength(2)
  })

  it('A-03: HEAD is answered from GET, and asks for itself otherwise', async () => {
    const { ask, seen } = setUp([ok(''), ok('one')])
    expect(await ask({ method: 'HEAD' })).toBe('200  fwd=miss')
    expect(await ask()).toBe('200 one fwd=miss; stored')
    expect(await ask({ method: 'HEAD' })).toBe('200  hit; ttl=60')
    expect(seen.map(({ method }) => method)).toEqual(['HEAD', 'GET'])
  })

  it('A-03: streamed and read answers are one', async () => {
    const { ask } = setUp([ok('one')])
    await ask({ streamed: true })
    expect(await ask()).toBe('200 one hit; ttl=60')
  })

  it.each<[string, Headers]>([
    ['hop by hop', { connection: 'x-hop', 'x-hop': '1', 'keep-alive': 'timeout=5' }],
    ['an age of another cache', { age: '0', 'cache-status': 'other; hit' }],
  ])('A-03: is not kept with an answer: %s', async (_, headers) => {
    const { ask, send } = setUp([ok('one', headers)])
    await ask()
    const { headers: kept } = await send()
    for (const name of Object.keys(headers)) if (name !== 'age') expect(kept[name]).not.toBe(headers[name])
  })

  it.each(['no-cache', 'no-store', 'max-age=0', 'only-if-cached', 'min-fresh=9999'])(
    'A-04: no client knocks the cache out: %s',
    async (value) => {
      const { ask, seen } = setUp([ok('one')])
      const headers = { 'cache-control': value, pragma: 'no-cache' }
      await ask({ headers })
      expect(await ask({ headers })).toBe('200 one hit; ttl=60')
      expect(seen[0]!.headers).toEqual({})
    },
  )

  it.each(['range', 'if-match', 'if-unmodified-since'])('A-03: passes by, both ways: %s', async (name) => {
    const { ask, seen } = setUp([ok('one')])
    const headers = { [name]: 'x' }
    await ask({ headers })
    await ask()
    expect(await ask({ headers })).toBe('200 one fwd=bypass')
    expect(seen.map((call) => call.headers)).toEqual([headers, {}, headers])
  })

  it('A-02: a service that needs a user and gets none is not asked for the cache', async () => {
    const { ask, seen } = setUp([ok('one')], { token: 'user' })
    await ask()
    expect(await ask()).toBe('200 one undefined')
    expect(seen).toHaveLength(2)
  })
})

describe('cache: what an answer may depend on', () => {
  it.each(['x-forwarded-host', 'x-http-method-override', 'x-tenant'])('A-01: %s is part of the key', async (name) => {
    const { ask, seen } = setUp([ok('evil'), ok('good')])
    await ask({ headers: { [name]: 'evil' } })
    expect(await ask()).toBe('200 good fwd=miss; stored')
    expect(await ask({ headers: { [name]: 'evil' } })).toBe('200 evil hit; ttl=60')
    expect(seen[0]!.headers).toEqual({ [name]: 'evil' })
  })

  it.each(['user-agent', 'sec-fetch-mode', 'dnt', 'x-requested-with'])('A-01: %s does not travel', async (name) => {
    const { ask, seen } = setUp([ok('one')])
    await ask({ headers: { [name]: 'evil' } })
    expect(await ask()).toBe('200 one hit; ttl=60')
    expect(seen[0]!.headers).toEqual({})
  })

  it('A-01: what is negotiated counts where Vary names it', async () => {
    const { ask } = setUp([ok('de', { vary: 'Accept-Language' }), ok('fr', { vary: 'accept-language' })])
    const de = { headers: { 'accept-language': 'de', accept: 'a' } }
    const fr = { headers: { 'accept-language': 'fr', accept: 'b' } }
    await ask(de)
    await ask(fr)
    expect(await ask({ headers: { ...de.headers, accept: 'c' } })).toBe('200 de hit; ttl=60')
    expect(await ask(fr)).toBe('200 fr hit; ttl=60')
  })

  it('A-01: a query counts as it was sent', async () => {
    const { ask, seen } = setUp([ok('one')])
    for (const url of ['/a', '/a?', '/a?x=1&y=2', '/a?y=2&x=1', '/A']) await ask({ url })
    expect(seen).toHaveLength(5)
  })

  it('A-01: a reader does not get an answer that turns out to depend on more', async () => {
    const late = Promise.withResolvers<Reply>()
    const { ask } = setUp([ok('any', cc('max-age=1')), () => late.promise, ok('fr')])
    await ask()
    await pass(1_000)
    const de = ask({ headers: { 'accept-language': 'de' } })
    const fr = ask({ headers: { 'accept-language': 'fr' } })
    late.resolve(ok('de', { vary: 'accept-language' })())
    expect(await de).toBe('200 de fwd=stale; fwd-status=200; stored')
    expect(await fr).toBe('200 fr fwd=stale')
  })

  it('G13: 10 000 interleaved reads, and nobody sees an answer to another', async () => {
    const random = seeded(7)
    const filter = cache({ ...options, token: 'user', maxBytes: 60_000 })
    const next = async ({ exchange, url }: Call): Promise<Reply> => {
      await new Promise((resolve) => setTimeout(resolve, random() * 20))
      return ok(`${exchange.identity!.user.id} ${url}`, cc(random() < 0.5 ? 'private, max-age=1' : 'max-age=0'))()
    }
    const users = ['', 'a', 'b', 'a b', '1:a', '3:a b', 'ab', 'B'].map(as)
    let hits = 0
    const reads = Array.from({ length: 10_000 }, async (_, nth) => {
      await new Promise((resolve) => setTimeout(resolve, nth / 5))
      const { exchange } = users[Math.floor(random() * users.length)]!
      const url = ['/x', '/ x', '/b /x', '/x?a'][Math.floor(random() * 4)]!
      const { headers, body } = await filter(callOf({ exchange, url, until: performance.now() + 1_000 }), next)
      if (String(headers['cache-status']).includes('hit')) hits++
      expect((await body.bytes(1_000, 'orders')).toString()).toBe(`${exchange.identity!.user.id} ${url}`)
    })
    await pass(3_000)
    await Promise.all(reads)
    expect(hits).toBeGreaterThan(1_000)
  })
})

describe('cache: conditions', () => {
  const old = 'Fri, 01 Jan 2021 00:00:00 GMT'
  const both = { etag: '"1"', 'last-modified': old, 'content-type': 'text/plain' }

  it.each<[string, Headers, number]>([
    ['the tag', { 'if-none-match': '"1"' }, 304],
    ['one of several, weak', { 'if-none-match': '"0, x", W/"1"' }, 304],
    ['any', { 'if-none-match': '*' }, 304],
    ['another', { 'if-none-match': '"2"' }, 200],
    ['another, whatever its date', { 'if-none-match': '"2"', 'if-modified-since': old }, 200],
    ['its date', { 'if-modified-since': old }, 304],
    ['an earlier date', { 'if-modified-since': 'Fri, 01 Jan 2020 00:00:00 GMT' }, 200],
    ['no date', { 'if-modified-since': 'yesterday' }, 200],
  ])('A-03: a client that has %s', async (_, headers, status) => {
    const { send, seen } = setUp([ok('one', both)])
    for (const time of ['miss', 'hit']) {
      const reply = await send({ headers, streamed: true })
      expect([time, reply.status]).toEqual([time, status])
      expect((await reply.body.bytes(10, 'orders')).toString()).toBe(status === 304 ? '' : 'one')
      expect(reply.headers).toMatchObject({ etag: '"1"', 'cache-control': 'max-age=60' })
      expect('content-type' in reply.headers).toBe(status === 200)
    }
    expect(seen.map((call) => call.headers)).toEqual([{}])
  })

  it('A-04: a client that has it already is answered at once, and the rest is read for the others', async () => {
    const { body } = underWay()
    const { ask, send, seen } = setUp([() => ({ ...ok('onetwo', both)(), body })])
    const scope = new Scope()
    const reply = send({ scope, headers: { 'if-none-match': '"1"' }, streamed: true })
    expect(await outcome(reply)).toBe(304)
    scope.end(new Error('the answer is out'))
    body.push(Buffer.from('one'))
    const other = ask()
    body.push(Buffer.from('two'))
    body.finish()
    expect(await other).toBe('200 onetwo fwd=miss; collapsed')
    expect(seen).toHaveLength(1)
  })

  it('A-03: a stale answer that still holds is kept on, with what is new of its headers', async () => {
    const { ask, send, seen } = setUp([
      ok('one', { ...both, date: new Date().toUTCString(), 'x-v': '1' }),
      () => replyOf(304, { etag: 'W/"1"', 'cache-control': 'max-age=30', 'content-encoding': 'br', 'x-v': '2' }),
    ])
    await ask()
    await pass(60_000)
    expect(await ask()).toBe('200 one fwd=stale; fwd-status=304')
    expect(seen[1]!.headers).toEqual({ 'if-none-match': '"1"', 'if-modified-since': old })
    expect(await ask()).toBe('200 one hit; ttl=30')
    const { headers } = await send()
    expect(headers).toMatchObject({ 'x-v': '2', 'content-length': '3', etag: 'W/"1"', age: '0' })
    expect(headers['content-encoding']).toBeUndefined()
  })

  it('A-03: a condition is only about what is there', async () => {
    const { ask } = setUp([ok('none', both, 404)])
    const headers = { 'if-none-match': '"1"' }
    expect(await ask({ headers })).toBe('404 none fwd=miss; stored')
    expect(await ask({ headers })).toBe('404 none hit; ttl=60')
  })

  it('A-03: a 304 about another answer is asked again without conditions', async () => {
    const { ask, seen } = setUp([ok('one', both), () => replyOf(304, { etag: '"9"' }), ok('two')])
    await ask()
    await pass(60_000)
    expect(await ask()).toContain('200 two')
    expect(seen[2]!.headers).toEqual({})
  })

  it('A-03: a 304 that forbids to keep ends it', async () => {
    const { ask, send } = setUp([ok('one', both), () => replyOf(304, { 'set-cookie': 'a=b' }), ok('two')])
    await ask()
    await pass(60_000)
    const reply = await send()
    expect([reply.status, reply.headers['set-cookie']]).toEqual([200, undefined])
    expect(await ask()).toBe('200 two fwd=bypass')
  })

  it('A-03: no-cache is asked about each time', async () => {
    const { ask } = setUp([ok('one', { etag: '"1"', ...cc('no-cache') }), () => replyOf(304, cc('no-cache'))])
    await ask()
    for (let nth = 0; nth < 3; nth++) expect(await ask()).toBe('200 one fwd=stale; fwd-status=304')
  })
})

describe('cache: stale', () => {
  it('A-04: answers at once and asks once behind it, for no client', async () => {
    const late = Promise.withResolvers<Reply>()
    const { ask, seen } = setUp([ok('one', cc('max-age=60, stale-while-revalidate=10')), () => late.promise])
    await ask()
    await pass(65_000)
    const scope = new Scope()
    for (let nth = 0; nth < 100; nth++) expect(await ask({ scope })).toBe('200 one hit; ttl=-5')
    scope.end(new Error('client gone'))
    expect(seen).toHaveLength(2)
    expect(seen[1]!.scope.ended).toBe(false)
    expect(seen[1]!.until).toBe(performance.now() + 500)
    late.resolve(ok('two')())
    await pass(0)
    expect(await ask()).toBe('200 two hit; ttl=60')
  })

  it('A-04: a client that joins what was begun for nobody does not take it along', async () => {
    const late = Promise.withResolvers<Reply>()
    const { ask, send, seen } = setUp([ok('one', cc('max-age=60, stale-while-revalidate=1')), () => late.promise])
    await ask()
    await pass(60_999)
    await ask()
    await pass(2)
    const scope = new Scope()
    const reply = outcome(send({ scope }))
    scope.end(new Error('client gone'))
    expect(await reply).toBe('aborted')
    expect(seen.map((call) => call.scope.ended)).toEqual([true, false])
  })

  it.each<[string, () => Answer]>([
    ['a fault', () => faultOf('refused')],
    ['an open breaker', () => faultOf('open')],
    ['a 503', ok('', {}, 503)],
  ])('A-04: stands in for %s', async (name, answer) => {
    const { ask } = setUp([ok('one'), answer, ok('two')], { staleIfError: 5_000 })
    await ask()
    await pass(64_000)
    expect(await ask()).toMatch(
      name === 'a 503' ? /^200 one fwd=stale; fwd-status=503$/ : /^200 one fwd=stale; detail=/,
    )
    expect(await ask()).toContain('two')
  })

  it('A-04: but not for longer than it may, nor when it must not', async () => {
    const late = setUp([ok('one'), () => faultOf('refused')], { staleIfError: 5_000 })
    await late.ask()
    await pass(65_000)
    expect(await outcome(late.send())).toBe('refused')
    const strict = setUp([ok('one', cc('max-age=1, must-revalidate')), ok('', {}, 503)], { staleIfError: 5_000 })
    await strict.ask()
    await pass(1_000)
    expect(await outcome(strict.send())).toBe(503)
  })

  it('A-04: a failure behind a stale answer leaves it as it is', async () => {
    const { ask, seen } = setUp([ok('one'), () => faultOf('reset'), ok('two')], { staleWhileRevalidate: 5_000 })
    await ask()
    await pass(61_000)
    await ask()
    await pass(0)
    expect(await ask()).toBe('200 one hit; ttl=-1')
    await pass(0)
    expect(await ask()).toBe('200 two hit; ttl=60')
    expect(seen).toHaveLength(3)
  })
})

describe('cache: one fetch for all', () => {
  it.each([true, false])('A-04: 10 000 reads of a cold key (streamed: %s)', async (streamed) => {
    const late = Promise.withResolvers<Reply>()
    const { ask, seen } = setUp([() => late.promise])
    const reads = Array.from({ length: 10_000 }, () => ask({ streamed }))
    late.resolve(ok('one')())
    expect(new Set(await Promise.all(reads))).toEqual(
      new Set(['200 one fwd=miss; stored', '200 one fwd=miss; collapsed']),
    )
    expect(seen).toHaveLength(1)
    expect(jest.getTimerCount()).toBe(0)
  })

  it.each<[string, () => Answer, string | number]>([
    ['a fault', () => faultOf('reset'), 'reset'],
    ['a 500', ok('broken', {}, 500), 500],
  ])('A-04: %s goes to all, and is not kept', async (_, answer, expected) => {
    const late = Promise.withResolvers<Answer>()
    const { ask, send, seen } = setUp([() => late.promise as Promise<Reply>, ok('two')])
    const reads = [1, 2, 3].map(() => outcome(send({ streamed: true }), 10))
    const failure = answer()
    if (failure instanceof Error) late.reject(failure)
    else late.resolve(failure)
    expect(await Promise.all(reads)).toEqual([expected, expected, expected])
    expect(seen).toHaveLength(1)
    expect(await ask()).toContain('two')
  })

  it('A-04: the one who began it may leave, before the head and inside the body', async () => {
    const head = Promise.withResolvers<Reply>()
    const { body } = underWay()
    const { ask, send, seen } = setUp([() => head.promise])
    const [early, late] = [new Scope(), new Scope()]
    const first = outcome(send({ scope: early, streamed: true }))
    const second = outcome(send({ scope: late }))
    const third = ask()
    early.end(new Error('client gone'))
    expect(await first).toBe('aborted')
    head.resolve({ ...ok('onetwo')(), body })
    await pass(0)
    body.push(Buffer.from('one'))
    late.end(new Error('client gone'))
    expect(await second).toBe('aborted')
    body.push(Buffer.from('two'))
    body.finish()
    expect(await third).toBe('200 onetwo fwd=miss; collapsed')
    expect(seen).toHaveLength(1)
  })

  it('A-04: when all have left, it is called off', async () => {
    const { body } = underWay()
    const { send, seen } = setUp([() => ({ ...ok('one')(), body })])
    const scope = new Scope()
    const reply = await send({ scope, streamed: true })
    expect(seen[0]!.scope.ended).toBe(false)
    scope.end(new Error('client gone'))
    expect(seen[0]!.scope.ended).toBe(true)
    expect(reply.body.over).toBe(true)
  })

  it('A-04: nobody waits for what was of no use to others', async () => {
    const { send, ask, seen } = setUp([ok('one', cc('no-store'))])
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([
      '200 one fwd=miss',
      '200 one fwd=miss',
      '200 one fwd=miss',
    ])
    const headers = { 'if-none-match': '"1"', 'user-agent': 'x' }
    await send({ headers })
    expect(seen.at(-1)!.headers).toEqual(headers)
    await pass(10_000)
    expect(await ask()).toBe('200 one fwd=miss')
  })

  it('A-03: a refusal leaves what is kept as it is', async () => {
    const { ask } = setUp([ok('one', { etag: '"1"' }), ok('', {}, 429), () => replyOf(304)])
    await ask()
    await pass(60_000)
    expect(await ask()).toBe('429  fwd=stale; fwd-status=429')
    expect(await ask()).toContain('200 one')
  })
})

describe('cache: bodies', () => {
  it('A-05: what breaks is not kept', async () => {
    const { body } = underWay()
    const { ask, send } = setUp([() => ({ ...ok('onetwo')(), body }), ok('whole')])
    const reply = await send({ streamed: true })
    const follower = outcome(send())
    body.push(Buffer.from('one'))
    const read = reply.body.bytes(100, 'orders')
    body.fail(faultOf('reset'))
    await expect(read).rejects.toMatchObject({ kind: 'reset' })
    expect(await follower).toBe('reset')
    expect(await ask()).toContain('whole')
  })

  it('A-05: what is streamed comes as it comes', async () => {
    const { body } = underWay()
    const { send } = setUp([() => ({ ...ok('onetwo')(), body })])
    const reply = await send({ streamed: true })
    const came: string[] = []
    reply.body.read({ data: (chunk) => came.push(chunk.toString()) > 0, end: () => undefined, fail: () => undefined })
    body.push(Buffer.from('one'))
    expect(came).toEqual(['one'])
  })

  it.each([
    ['says so', '2000'],
    ['does not say', undefined],
  ])('A-05: what is too large passes on untouched, for each alone, if it %s', async (_, length) => {
    const large = () => {
      const headers = {
        ...cc('max-age=60'),
        ...(length ? { 'content-length': length } : { 'transfer-encoding': 'chunked' }),
      }
      return replyOf(200, headers, Body.of('x'.repeat(2_000)))
    }
    const { ask, seen } = setUp([large])
    const bodies = await Promise.all([ask({ streamed: true }), ask({ streamed: true })])
    expect(bodies.map((text) => text.length > 2_000)).toEqual([true, true])
    expect(await ask()).toContain('fwd=bypass')
    expect(seen).toHaveLength(3)
  })
})

describe('cache: writes (RFC 9111 §4.4)', () => {
  it.each<[string, string, Headers, number, boolean]>([
    ['a POST', 'POST', {}, 201, true],
    ['a PATCH that redirects', 'PATCH', {}, 303, true],
    ['a DELETE that fails', 'DELETE', {}, 409, false],
    ['a PUT that breaks', 'PUT', {}, 500, false],
    ['OPTIONS', 'OPTIONS', {}, 200, false],
  ])('A-03: %s', async (_, method, headers, status, ends) => {
    const { ask } = setUp([ok('one'), () => replyOf(status, headers), ok('two')])
    await ask({ url: '/1' })
    await ask({ url: '/1', method, body: '{}' })
    expect(await ask({ url: '/1' })).toContain(ends ? 'two' : 'one')
  })

  it.each([
    ['/v1/items/1', true],
    ['../v1/items/1', true],
    ['http://orders.internal:4103/v1/items/1#x', true],
    ['http://evil.example/v1/items/1', false],
    ['/items/1', false],
    ['http://[', false],
  ])('A-03: Location: %s', async (location, ends) => {
    const { ask } = setUp([ok('one'), () => replyOf(201, { location }), ok('two')])
    await ask({ url: '/items/1' })
    await ask({ url: '/items', method: 'POST', body: '{}' })
    expect(await ask({ url: '/items/1' })).toContain(ends ? 'two' : 'one')
  })

  it('A-03, K-5: what was asked before a write is not kept after it, nor given to who asks then', async () => {
    const before = Promise.withResolvers<Reply>()
    const { ask } = setUp([() => before.promise, () => replyOf(204), ok('after')])
    const early = ask()
    await ask({ method: 'PUT', body: '{}' })
    const later = ask()
    before.resolve(ok('before')())
    expect(await early).toContain('before')
    expect(await later).toContain('after')
    expect(await ask()).toBe('200 after hit; ttl=60')
  })

  it('A-03, K-5: a user’s write ends what is kept for this user', async () => {
    const { ask, seen } = setUp([ok('one')], { token: 'user' })
    await ask(as('a'))
    await ask(as('b'))
    await ask({ ...as('a'), method: 'PUT', body: '{}' })
    await ask(as('b'))
    expect(seen).toHaveLength(3)
    await ask(as('a'))
    expect(seen).toHaveLength(4)
  })
})
