import { describe, expect, it } from '@jest/globals'
import { faultsOf } from './policy-faults.ts'
import type { Policies } from './policy.ts'

describe('policies', () => {
  it('accepts defaults, and every part at its own', () => {
    const all = { breaker: {}, outlier: {}, bulkhead: {}, hedge: {}, cache: {}, probe: {}, split: { canary: 0.1 } }
    expect(faultsOf({ a: all, b: all }, { a: 'grpc', b: 'http' }, 5_000)).toEqual([])
  })

  it.each<[string, object | undefined, RegExp]>([
    ['no policy', undefined, /has no policy/],
    ['an unknown key', { tiemout: 3 }, /unknown policy "tiemout"/],
    ['an unknown key of a part', { breaker: { rate: 1 } }, /unknown policy "breaker.rate"/],
    ['a timeout beyond the exchange', { timeout: 6_000 }, /exceeds the 5000 ms/],
    ['no time', { timeout: 0 }, /timeout must be 1/],
    ['a time that is no number', { idleTimeout: '5s' }, /idleTimeout must be/],
    ['a step longer than the whole', { timeout: 100, firstByteTimeout: 200 }, /firstByteTimeout 200 ms is longer/],
    ['a connection slower than the call', { timeout: 100, connectTimeout: 200 }, /connectTimeout 200 ms is longer/],
    ['no attempt', { attempts: 0 }, /attempts must be 1 to 5, whole/],
    ['half an attempt', { attempts: 1.5 }, /attempts must be 1 to 5, whole/],
    ['no bytes', { maxBytes: 0 }, /maxBytes/],
    ['a retry of what is not idempotent', { attempts: 2, retryMethods: ['POST'] }, /not idempotent/],
    ['a list of what is never tried again', { retryMethods: ['GET'] }, /set attempts/],
    ['a share that is none', { breaker: { failureRate: 2 } }, /breaker.failureRate must be/],
    ['a slow that never comes', { timeout: 100, breaker: { slowAfter: 500 } }, /no call would ever be slow/],
    ['an entry larger than the cache', { cache: { maxBytes: 10, maxEntryBytes: 20 } }, /maxEntryBytes/],
    ['a split of more than all', { split: { a: 0.6, b: 0.6 } }, /more than 1 together/],
    ['a key that nothing reads', { stickyKey: () => '' }, /stickyKey does nothing/],
    ['a balance nobody knows', { balance: 'best' }, /balance must be/],
  ])('refuses %s', (_, policy, sentence) => {
    const policies = (policy === undefined ? {} : { a: policy }) as Policies
    expect(faultsOf(policies, { a: 'http' }, 5_000)).toEqual([expect.stringMatching(sentence)])
  })

  it('refuses what the other protocol has not, and upstreams that are not there', () => {
    const policies: Policies = {
      a: { validate: 'warn', probe: { path: '/x' } },
      b: {},
      c: { idempotency: { get: 'safe' } },
    }
    expect(faultsOf(policies, { a: 'grpc', c: 'http' }, 5_000)).toEqual([
      expect.stringMatching(/b: unknown upstream; known are a/),
      expect.stringMatching(/a: validate does nothing on a gRPC upstream/),
      expect.stringMatching(/a: probe.path does nothing on a gRPC upstream/),
      expect.stringMatching(/c: idempotency does nothing on an HTTP upstream/),
    ])
  })

  it.each([
    'Accept',
    'authorization',
    'cookie',
    'host',
    'x-forwarded-for',
    'x_user',
    'trace-bin',
    'grpc-timeout',
    'te',
    'range',
  ])('R-03: lets no policy name %j to travel', (name) =>
    expect(faultsOf({ a: { headers: [name] } }, { a: 'grpc' }, 5_000)).toHaveLength(1),
  )

  it('lets a policy name what a client says of itself', () => {
    expect(faultsOf({ a: { headers: ['accept-language', 'x-app-version'] } }, { a: 'grpc' }, 5_000)).toEqual([])
  })
})
