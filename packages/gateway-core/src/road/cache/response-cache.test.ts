import { describe, expect, it } from '@jest/globals'
import { callOf } from '../../../test/call.ts'
import { exchangeOf } from '../../../test/exchange.ts'
import { signedInAs } from '../../testing.ts'
import type { Headers } from '../call.ts'
import { Question } from './question.ts'
import { type Entry, ResponseCache } from './response-cache.ts'

const entry = (bytes: number, headers: Headers = {}): Entry => ({
  status: 200,
  headers,
  bytes: Buffer.alloc(bytes),
  born: 0,
  fresh: Infinity,
  whileRevalidate: Infinity,
  ifError: Infinity,
})

const ask = (url: string, headers: Headers = {}, user = '') =>
  new Question(callOf({ url, headers, exchange: exchangeOf({ identity: signedInAs(user) }) }), user)

const find = (store: ResponseCache, question: Question) => store.get(store.keyOf(question))

describe('store', () => {
  it('A-03: stays within its bytes, whatever is put in, and drops the least lately used first', () => {
    const store = new ResponseCache(100_000)
    for (let nth = 0; nth < 1_000; nth++) {
      store.keep(ask(`/${nth}`), [], entry(nth * 7))
      find(store, ask('/0'))
      expect(store.bytes).toBeLessThanOrEqual(100_000)
    }
    expect(find(store, ask('/0'))).toBeDefined()
    expect(find(store, ask('/1'))).toBeUndefined()
    expect(find(store, ask('/999'))).toBeDefined()
  })

  it('A-03: keys and headers take room too', () => {
    const store = new ResponseCache(100_000)
    store.keep(ask(`/${'k'.repeat(10_000)}`), [], entry(0, { 'x-a': 'v'.repeat(10_000) }))
    expect(store.bytes).toBeGreaterThan(30_000)
  })

  it('A-03: what is larger than all of it is not kept, and what it would have replaced is gone', () => {
    const store = new ResponseCache(10_000)
    store.keep(ask('/a'), [], entry(1))
    store.keep(ask('/a'), [], entry(20_000))
    expect(find(store, ask('/a'))).toBeUndefined()
    expect(store.bytes).toBe(0)
  })

  it('A-03: Vary counts, and names it once named count for good', () => {
    const store = new ResponseCache(100_000)
    const de = ask('/', { 'accept-language': 'de' })
    const fr = ask('/', { 'accept-language': 'fr' })
    const none = ask('/')
    store.keep(none, [], entry(1))
    expect(find(store, de)).toBeDefined()
    store.keep(de, ['accept-language'], entry(2))
    expect(store.bytes).toBeLessThan(2_000)
    expect([find(store, de), find(store, fr), find(store, none)].map(Boolean)).toEqual([true, false, false])
    store.keep(fr, [], entry(3))
    store.keep(none, [], entry(4))
    expect([de, fr, none].map((one) => (find(store, one) as Entry).bytes.length)).toEqual([2, 3, 4])
  })

  it('A-01: an empty header is not an absent one, and none reads as two', () => {
    const store = new ResponseCache(100_000)
    store.keep(ask('/', { accept: '' }), ['accept', 'accept-language'], entry(1))
    expect(find(store, ask('/'))).toBeUndefined()
    store.keep(ask('/', { 'x-a': 'b', 'x-c': 'd' }), ['accept', 'accept-language'], entry(1))
    expect(find(store, ask('/', { 'x-c': 'd', 'x-a': 'b' }))).toBeDefined()
    for (const other of [{ 'x-a': 'b x-c:d' }, { 'x-a': 'b, d' }, { 'x-c': 'd' }, { 'x-a': 'd', 'x-c': 'b' }])
      expect(find(store, ask('/', other))).toBeUndefined()
  })

  it('A-02: one user and no other, however an id is written', () => {
    const store = new ResponseCache(100_000)
    store.keep(ask('/x', {}, 'a'), [], entry(1))
    for (const user of ['', 'b', 'A', 'a ', 'a /x', '1:a']) expect(find(store, ask('/x', {}, user))).toBeUndefined()
    store.keep(ask('/b /x', {}, 'a'), [], entry(1))
    expect(find(store, ask('/x', {}, 'a /b'))).toBeUndefined()
    expect(find(store, ask('/x', {}, 'a'))).toBeDefined()
  })

  it('A-03: forgets all of a place and nothing else', () => {
    const store = new ResponseCache(100_000)
    store.keep(ask('/', { accept: 'a' }), ['accept'], entry(1))
    store.keep(ask('/', { accept: 'b', 'x-v': '2' }), ['accept'], entry(1))
    store.keep(ask('/other'), [], entry(1))
    store.forget(ask('/').place)
    expect(find(store, ask('/', { accept: 'a' }))).toBeUndefined()
    expect(find(store, ask('/', { accept: 'b', 'x-v': '2' }))).toBeUndefined()
    expect(find(store, ask('/other'))).toBeDefined()
  })
})
