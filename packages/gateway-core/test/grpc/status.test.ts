import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { BadRequestSchema, declares, ErrorInfoSchema, RetryInfoSchema } from '../../src/grpc.ts'
import { Sample } from './gen/sample_pb.js'
import { problemOf, sampleAt, type SampleClient } from './sample.ts'
import { type Service, startSample } from './service.ts'

let service: Service
let client: SampleClient
let fail: () => ConnectError
const calls: string[] = []

beforeAll(async () => {
  const thrown = (method: string) => () => {
    calls.push(method)
    throw fail()
  }
  service = await startSample({
    read: thrown('read'),
    put: thrown('put'),
    post: thrown('post'),
    // oxlint-disable-next-line require-yield -- it fails before its first message
    async *watch({ id }) {
      calls.push('watch')
      if (id === 'late') yield { id: 'first' }
      throw fail()
    },
  })
  client = sampleAt(service.url, { breaker: false, outlier: false })
})

afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await service[Symbol.asyncDispose]()
})

const secret = 'no such thing at 10.1.2.3:5432'

const table: readonly [Code, number, string][] = [
  [Code.Canceled, 502, 'upstream-failed'],
  [Code.Unknown, 502, 'upstream-failed'],
  [Code.InvalidArgument, 400, 'invalid-argument'],
  [Code.DeadlineExceeded, 504, 'upstream-timeout'],
  [Code.NotFound, 404, 'not-found'],
  [Code.AlreadyExists, 409, 'conflict'],
  [Code.PermissionDenied, 403, 'forbidden'],
  [Code.ResourceExhausted, 503, 'upstream-exhausted'],
  [Code.FailedPrecondition, 409, 'failed-precondition'],
  [Code.Aborted, 409, 'conflict'],
  [Code.OutOfRange, 400, 'invalid-argument'],
  [Code.Unimplemented, 502, 'upstream-failed'],
  [Code.Internal, 502, 'upstream-failed'],
  [Code.Unavailable, 503, 'upstream-unavailable'],
  [Code.DataLoss, 502, 'upstream-failed'],
  [Code.Unauthenticated, 502, 'upstream-failed'],
]

async function firstOf(stream: AsyncIterableIterator<unknown>): Promise<unknown> {
  for await (const one of stream) return one
  return undefined
}

describe('R-02: each of the sixteen statuses', () => {
  it.each(table)(
    '%s is %i %s, of one answer, of a stream, and behind its first message',
    async (code, status, name) => {
      fail = () => new ConnectError(secret, code)
      const late = client.watch({ id: 'late' })
      expect((await late.next()).value).toMatchObject({ id: 'first' })
      for (const call of [
        () => client.call('read'),
        () => client.call('post'),
        () => firstOf(client.watch()),
        () => late.next(),
      ]) {
        const failed = await problemOf(call())
        expect([failed.status, failed.code, failed.options.source]).toEqual([status, name, 'sample'])
        expect(failed.options.headers?.['retry-after']).toBe(status === 503 ? '1' : undefined)
        const body = JSON.stringify(failed.body('trace'))
        expect(body).not.toContain('10.1.2.3')
        // For the log.
        expect((failed.options.cause as Error).message).toContain(secret)
      }
    },
  )
})

describe('what a service says of its error', () => {
  const badRequest = create(BadRequestSchema, {
    fieldViolations: [
      { field: 'lines[0].unit_price', description: secret, reason: 'MUST_BE_POSITIVE' },
      { field: '../etc', description: secret, reason: secret },
    ],
  })

  it('BadRequest: fields that were refused are pointers, and its text stays here', async () => {
    fail = () =>
      new ConnectError(secret, Code.InvalidArgument, undefined, [{ desc: BadRequestSchema, value: badRequest }])
    const failed = await problemOf(client.call('post'))
    expect([failed.status, failed.code, failed.options.own]).toEqual([422, 'validation', true])
    expect(failed.options.errors).toEqual([
      { pointer: '/lines/0/unit_price', detail: 'must be positive' },
      { pointer: '', detail: 'was refused' },
    ])
    expect(JSON.stringify(failed.body('trace'))).not.toContain('10.1.2.3')
  })

  it('BadRequest means nothing beside another status', async () => {
    fail = () => new ConnectError(secret, Code.Internal, undefined, [{ desc: BadRequestSchema, value: badRequest }])
    expect(await problemOf(client.call('post'))).toMatchObject({ status: 502, code: 'upstream-failed' })
  })

  it.each([
    [60, 0, '60'],
    [1, 500_000_000, '2'],
    [0, 1, '1'],
  ])('RetryInfo of %i s and %i ns is Retry-After: %s', async (seconds, nanos, header) => {
    const value = create(RetryInfoSchema, { retryDelay: { seconds: BigInt(seconds), nanos } })
    for (const code of [Code.ResourceExhausted, Code.Unavailable]) {
      fail = () => new ConnectError('', code, undefined, [{ desc: RetryInfoSchema, value }])
      expect((await problemOf(client.call('post'))).options.headers).toEqual({ 'retry-after': header })
    }
  })

  it('details that cannot be read say nothing', async () => {
    fail = () => new ConnectError('', Code.NotFound, { 'grpc-status-details-bin': 'AAECAwQFBgcICQ' })
    expect(await problemOf(client.call('post'))).toMatchObject({ status: 404, code: 'not-found' })
  })
})

describe('errors that a source declares', () => {
  const declared = declares(Sample, { post: { 'out-of-stock': 409, 'not-found': 404 } })
  const info = (reason: string) => [{ desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason }) }]

  it.each([
    ['by its reason', Code.FailedPrecondition, 'OUT_OF_STOCK', 409, 'out-of-stock', true],
    ['by its status', Code.NotFound, '', 404, 'not-found', true],
    ['by its status, whatever the reason', Code.NotFound, 'UNHEARD_OF', 404, 'not-found', true],
    ['not what is not declared', Code.FailedPrecondition, 'UNHEARD_OF', 502, 'upstream-failed', undefined],
    ['not a member that every object has', Code.FailedPrecondition, 'CONSTRUCTOR', 502, 'upstream-failed', undefined],
    ["not what is not the method's", Code.PermissionDenied, '', 502, 'upstream-failed', undefined],
    ['an outage in any case', Code.Unavailable, '', 503, 'upstream-unavailable', false],
  ])('pass %s', async (_, code, reason, status, name, own) => {
    await using one = sampleAt(service.url, { breaker: false }, {}, declared)
    fail = () => new ConnectError(secret, code, undefined, reason === '' ? [] : info(reason))
    const failed = await problemOf(one.call('post'))
    expect([failed.status, failed.code, failed.options.own]).toEqual([status, name, own])
  })
})

describe('what is tried again', () => {
  const pushback = (ms: string) => ({ 'grpc-retry-pushback-ms': ms })
  const retryInfo = [
    { desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay: { seconds: 0n, nanos: 5_000_000 } }) },
  ]

  it.each([
    ['read', 'UNAVAILABLE', () => new ConnectError('', Code.Unavailable), 2],
    ['put', 'UNAVAILABLE', () => new ConnectError('', Code.Unavailable), 2],
    ['post', 'UNAVAILABLE: nobody said that it may be', () => new ConnectError('', Code.Unavailable), 1],
    ['read', 'INTERNAL', () => new ConnectError('', Code.Internal), 1],
    ['read', 'DEADLINE_EXCEEDED', () => new ConnectError('', Code.DeadlineExceeded), 1],
    ['read', 'ABORTED', () => new ConnectError('', Code.Aborted), 1],
    ['read', 'RESOURCE_EXHAUSTED', () => new ConnectError('', Code.ResourceExhausted), 1],
    ['read', 'RESOURCE_EXHAUSTED with RetryInfo', () => new ConnectError('', Code.ResourceExhausted, {}, retryInfo), 2],
    [
      'read',
      'RESOURCE_EXHAUSTED with a pushback',
      () => new ConnectError('', Code.ResourceExhausted, pushback('5')),
      2,
    ],
    ['read', 'UNAVAILABLE with "never"', () => new ConnectError('', Code.Unavailable, pushback('-1')), 1],
    [
      'read',
      'UNAVAILABLE with a pushback beyond the deadline',
      () => new ConnectError('', Code.Unavailable, pushback('60000')),
      1,
    ],
    ['watch', 'UNAVAILABLE before the first message', () => new ConnectError('', Code.Unavailable), 2],
    ['late', 'UNAVAILABLE after it', () => new ConnectError('', Code.Unavailable), 1],
  ] as const)('%s, %s: %#', async (method, _, error, asked) => {
    await using twice = sampleAt(service.url, { attempts: 2, breaker: false, outlier: false })
    fail = error
    calls.length = 0
    if (method === 'watch') await problemOf(firstOf(twice.watch()))
    else if (method === 'late') {
      const stream = twice.watch({ id: 'late' })
      await stream.next()
      await problemOf(stream.next())
    } else await problemOf(twice.call(method))
    expect(calls).toHaveLength(asked)
  })

  it('a method of which the policy says that it may be', async () => {
    await using twice = sampleAt(service.url, { attempts: 2, breaker: false, idempotency: { post: 'idempotent' } })
    fail = () => new ConnectError('', Code.Unavailable)
    calls.length = 0
    await problemOf(twice.call('post'))
    expect(calls).toEqual(['post', 'post'])
  })
})
