import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { stopTime } from '../../../test/call.ts'
import type { Headers } from '../call.ts'
import { termsOf, vary } from './terms.ts'

beforeEach(() => stopTime().setSystemTime(Date.UTC(2027, 0, 1)))
afterEach(() => void jest.useRealTimers())

const now = 'Fri, 01 Jan 2027 00:00:00 GMT'

interface Given {
  readonly status?: number
  readonly headers: Headers
  readonly private?: boolean
  readonly asked?: Headers
  readonly policy?: { maxAge?: number; staleWhileRevalidate?: number; staleIfError?: number }
}

/** Seconds that an answer is fresh from now on, then that it may be used stale; or `no`. */
function terms({ status = 200, headers, asked = {}, policy = {}, private: own = false }: Given) {
  const at = performance.now()
  const request = { headers: asked, at, private: own }
  const got = termsOf(request, { status, headers: { 'content-length': '2', ...headers } }, policy, at)
  if (got === undefined) return 'no'
  return [got.fresh - at, got.whileRevalidate - got.fresh, got.ifError - got.fresh].map((ms) => ms / 1_000)
}

const cc = (value: string): Headers => ({ 'cache-control': value })

describe('what may be kept (RFC 9111 §3)', () => {
  it.each<[string, Given]>([
    ['no-store', { headers: cc('max-age=60, no-store') }],
    ['no-store in capitals', { headers: cc('max-age=60, NO-STORE') }],
    ['no-store in a second header', { headers: { 'cache-control': ['max-age=60', 'no-store'] } }],
    ['no-store behind a quoted comma', { headers: cc('private="a, b", no-store') }],
    ['no-store for one user', { headers: cc('no-store, max-age=60'), private: true }],
    ['private', { headers: cc('private, max-age=60') }],
    ['private of one header', { headers: cc('max-age=60, private="x-who"') }],
    ['Set-Cookie', { headers: { ...cc('public, max-age=60'), 'set-cookie': 'a=b' } }],
    ['Set-Cookie for one user', { headers: { ...cc('max-age=60'), 'set-cookie': 'a=b' }, private: true }],
    ['Vary: *', { headers: { ...cc('max-age=60'), vary: 'accept, *' } }],
    ['Vary on whom it was asked for', { headers: { ...cc('max-age=60'), vary: 'X-Forwarded-For' } }],
    ['Authorization', { headers: cc('max-age=60'), asked: { authorization: 'Basic x' } }],
    ['nothing said', { headers: {} }],
    ['public and no time', { headers: cc('public') }],
    ['a Last-Modified alone: nothing is guessed', { headers: { 'last-modified': 'Fri, 01 Jan 2021 00:00:00 GMT' } }],
    ['no end of its own', { headers: { ...cc('max-age=60'), 'content-length': undefined as never } }],
    ['too old already', { headers: { ...cc('max-age=60'), age: '60' } }],
    ['max-age=0 and no validator', { headers: cc('max-age=0') }],
    ['404 and nothing said', { status: 404, headers: {}, policy: { maxAge: 60_000 } }],
    ...[201, 206, 302, 307, 400, 401, 403, 429, 500, 503].map((status): [string, Given] => [
      `status ${status}`,
      { status, headers: cc('public, max-age=60') },
    ]),
  ])('A-03: not kept: %s', (_, given) => {
    expect(terms(given)).toBe('no')
  })

  it.each<[string, Given]>([
    ['private for one user', { headers: cc('private, max-age=60'), private: true }],
    ['Authorization and public', { headers: cc('public, max-age=60'), asked: { authorization: 'Basic x' } }],
    ['Authorization and s-maxage', { headers: cc('s-maxage=60'), asked: { authorization: 'Basic x' } }],
    ['Authorization for one user', { headers: cc('max-age=60'), asked: { authorization: 'x' }, private: true }],
    ['a policy for what says nothing', { headers: {}, policy: { maxAge: 60_000 } }],
    [
      'chunked',
      { headers: { ...cc('max-age=60'), 'content-length': undefined as never, 'transfer-encoding': 'chunked' } },
    ],
    ...[203, 204, 300, 301, 404, 410].map((status): [string, Given] => [
      `status ${status}`,
      { status, headers: cc('max-age=60') },
    ]),
  ])('A-03: kept: %s', (_, given) => {
    expect(terms(given)).toEqual([60, 0, 0])
  })
})

describe('for how long (RFC 9111 §4.2)', () => {
  it.each<[string, Headers, number]>([
    ['max-age', cc('max-age=60'), 60],
    ['in capitals', cc('Max-Age=60'), 60],
    ['in quotes', cc('max-age="60"'), 60],
    ['s-maxage first', cc('max-age=10, s-maxage=60'), 60],
    ['said twice: the shorter', cc('max-age=60, max-age=10'), 10],
    ['what is no number is 0', { ...cc('max-age=6e1'), etag: '"1"' }, 0],
    ['less than nothing is 0', { ...cc('max-age=-1'), etag: '"1"' }, 0],
    ['no-cache', { ...cc('no-cache, max-age=60'), etag: '"1"' }, 0],
    ['Pragma', { pragma: 'no-cache', expires: 'Fri, 01 Jan 2027 00:01:00 GMT', etag: '"1"' }, 0],
    ['Expires', { expires: 'Fri, 01 Jan 2027 00:01:00 GMT', date: now }, 60],
    ['Expires without a date', { expires: 'Fri, 01 Jan 2027 00:01:00 GMT' }, 60],
    ['max-age before Expires', { ...cc('max-age=60'), expires: '0' }, 60],
    ['Expires: 0', { expires: '0', etag: '"1"' }, 0],
    ['a second Cache-Control header', { 'cache-control': ['public', 'max-age=60'] }, 60],
    ['minus the age it came with', { ...cc('max-age=60'), age: '50' }, 10],
    ['minus the age its date tells', { ...cc('max-age=60'), date: 'Thu, 31 Dec 2026 23:59:30 GMT' }, 30],
    ['a date in the future tells none', { ...cc('max-age=60'), date: 'Fri, 01 Jan 2027 00:00:30 GMT' }, 60],
    ['must-revalidate is fresh first', cc('max-age=60, must-revalidate'), 60],
    ['no overflow', cc(`max-age=${'9'.repeat(40)}`), 2 ** 31],
  ])('A-03: %s', (_, headers, seconds) => {
    expect(terms({ headers })).toEqual([seconds, 0, 0])
  })

  it('A-03: the way here counts as age', () => {
    const at = performance.now()
    const answer = { status: 200, headers: { 'content-length': '2', ...cc('max-age=60') } }
    expect(termsOf({ headers: {}, at, private: false }, answer, {}, at + 400)?.fresh).toBe(at + 60_000)
  })

  const lenient = { staleWhileRevalidate: 5_000, staleIfError: 9_000 }
  it.each<[string, string, number[]]>([
    ['what the policy says', 'max-age=60', [60, 5, 9]],
    ['what the answer says', 'max-age=60, stale-while-revalidate=1, stale-if-error=2', [60, 1, 2]],
    ['never after must-revalidate', 'max-age=60, stale-if-error=2, must-revalidate', [60, 0, 0]],
    ['never after proxy-revalidate', 'max-age=60, proxy-revalidate', [60, 0, 0]],
    ['s-maxage silences the policy', 's-maxage=60', [60, 0, 0]],
    ['but not the answer', 's-maxage=60, stale-if-error=2', [60, 0, 2]],
  ])('A-03: stale: %s', (_, value, expected) => {
    expect(terms({ headers: cc(value), policy: lenient })).toEqual(expected)
  })

  it('A-03: names of Vary, each once, in one order', () => {
    expect(vary({ vary: ['Origin, accept', 'ACCEPT,'] })).toEqual(['accept', 'origin'])
  })
})
