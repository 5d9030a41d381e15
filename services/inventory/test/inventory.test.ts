import { once } from 'node:events'
import { connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { Inventory } from '@bff/contracts/inventory'
import { BadRequestSchema, ErrorInfoSchema, Health, ServingStatus } from '@bff/gateway-core/grpc'
import { logger, type Running, verifier } from '@bff/service-kit'
import { type Client, Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { start } from '../src/app.ts'
import { openStock } from '../src/stock.ts'
import { watch } from '../src/watch.ts'

const [full, other, low, empty, unknown] = ['LMP-001', 'LMP-002', 'LMP-006', 'LMP-000', 'no such']

const serviceSecret = 'a-secret-of-this-test-and-nothing-else'

let inventory: Running
let sessions: Http2SessionManager
let client: Client<typeof Inventory>

beforeEach(async () => {
  const verify = verifier({
    issuers: { 'urn:bff': 'http://127.0.0.1:9/keys' },
    audience: 'urn:inventory',
    serviceSecret,
  })
  inventory = await start({ port: 0, hostname: '127.0.0.1', log: logger('inventory', 'silent'), faults: true, verify })
  sessions = new Http2SessionManager(inventory.url)
  client = clientWith(`Bearer ${serviceSecret}`)
})

const clientWith = (authorization?: string) => {
  const show: Interceptor = (next) => (req) => {
    if (authorization !== undefined) req.header.set('authorization', authorization)
    return next(req)
  }
  const options = { baseUrl: inventory.url, sessionManager: sessions, interceptors: [show] }
  return createClient(Inventory, createGrpcTransport(options))
}

afterEach(async () => {
  sessions.abort()
  await inventory[Symbol.asyncDispose]()
})

const available = async (sku: string) => (await client.getStock({ skus: [sku] })).levels[0]?.available

describe('GetStock', () => {
  it('answers in the order asked and leaves out what it does not know', async () => {
    const { levels } = await client.getStock({ skus: [low, unknown, empty, full] })
    expect(levels.map(({ sku, available, restockDays }) => [sku, available, restockDays])).toEqual([
      [low, 2, undefined],
      [empty, 0, 15],
      [full, 42, undefined],
    ])
  })

  it('answers 200 SKUs at once, and not one more', async () => {
    const skus = Array.from({ length: 201 }, (_, index) => `ABC-${String(index).padStart(3, '0')}`)
    expect((await client.getStock({ skus: skus.slice(1) })).levels).toHaveLength(200)
    await expect(client.getStock({ skus })).rejects.toMatchObject({ code: Code.InvalidArgument })
  })
})

describe('Reserve and Release', () => {
  it('set stock aside once, however often an order asks, and give it back', async () => {
    const lines = [
      { sku: full, quantity: 40 },
      { sku: low, quantity: 1 },
    ]
    await client.reserve({ orderId: 'o1', lines })
    await client.reserve({ orderId: 'o1', lines })
    expect(await Promise.all([full, low].map(available))).toEqual([2, 1])
    await client.release({ orderId: 'o1' })
    await client.release({ orderId: 'o1' })
    expect(await Promise.all([full, low].map(available))).toEqual([42, 2])
  })

  it.each([
    ['an unknown SKU', Code.NotFound, 'o1', [unknown, 1]],
    ['too few units', Code.FailedPrecondition, 'o1', [low, 3]],
    ['an empty shelf', Code.FailedPrecondition, 'o1', [empty, 1]],
    ['a quantity of zero', Code.InvalidArgument, 'o1', [low, 0]],
    ['an order without an id', Code.InvalidArgument, '', [low, 1]],
  ] as const)('refuse %s and set nothing aside', async (_case, code, orderId, [sku, quantity]) => {
    const lines = [
      { sku: other, quantity: 1 },
      { sku, quantity },
    ]
    await expect(client.reserve({ orderId, lines })).rejects.toMatchObject({ code })
    expect(await available(other)).toBe(56)
  })

  it('refuse an order without lines, with too many, and a release of no order', async () => {
    const lines = Array.from({ length: 201 }, () => ({ sku: full, quantity: 1 }))
    for (const call of [
      client.reserve({ orderId: 'o1', lines: [] }),
      client.reserve({ orderId: 'o1', lines }),
      client.release({ orderId: '' }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: Code.InvalidArgument })
    }
  })

  it('never set aside more than there is', async () => {
    const calls = Array.from({ length: 200 }, (_, index) =>
      client.reserve({ orderId: `o${index}`, lines: [{ sku: full, quantity: 1 }] }),
    )
    const outcomes = await Promise.allSettled(calls)
    const refusals = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refusals).toHaveLength(200 - 42)
    for (const { reason } of refusals) expect(reason).toMatchObject({ code: Code.FailedPrecondition })
    expect(await available(full)).toBe(0)
  })
})

describe('whoever has not proved to be a service', () => {
  it.each([
    ['nothing', undefined],
    ['another secret', `Bearer ${serviceSecret.replace('a', 'b')}`],
    ['a token of nobody it knows', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
    ['the secret, otherwise', `Basic ${serviceSecret}`],
  ])('reads, and sets nothing aside, with %s', async (_, authorization) => {
    const other = clientWith(authorization)
    expect((await other.getStock({ skus: [full] })).levels).toHaveLength(1)
    await client.reserve({ orderId: 'o1', lines: [{ sku: full, quantity: 2 }] })
    for (const call of [
      other.reserve({ orderId: 'o2', lines: [{ sku: full, quantity: 1 }] }),
      other.release({ orderId: 'o1' }),
    ])
      await expect(call).rejects.toMatchObject({ code: Code.Unauthenticated })
    expect(await available(full)).toBe(40)
  })
})

describe('WatchStock', () => {
  const levelsOf = async (stream: AsyncIterable<{ sku: string; available: number }>, count: number) => {
    const seen: [string, number][] = []
    for await (const { sku, available } of stream) if (seen.push([sku, available]) === count) break
    return seen
  }

  it('tells what is there, and then each change, of what it was asked for', async () => {
    const stream = client.watchStock({ skus: [full, low, unknown] })[Symbol.asyncIterator]()
    const next = async () => {
      const { value } = (await stream.next()) as { value: { sku: string; available: number } }
      return [value.sku, value.available]
    }
    expect([await next(), await next()]).toEqual([
      [full, 42],
      [low, 2],
    ])
    await client.reserve({ orderId: 'o0', lines: [{ sku: other, quantity: 1 }] })
    await client.reserve({ orderId: 'o1', lines: [{ sku: full, quantity: 2 }] })
    expect(await next()).toEqual([full, 40])
    await client.release({ orderId: 'o1' })
    expect(await next()).toEqual([full, 42])
    await stream.return?.()
  })

  it('a reader that is slow learns the last of it', async () => {
    const stream = client.watchStock({ skus: [full] })
    expect(await levelsOf(stream, 1)).toEqual([[full, 42]])
    const stock = openStock()
    const slow = watch(stock, [full], new AbortController().signal)
    expect((await slow.next()).value).toMatchObject({ available: 42 })
    for (let i = 0; i < 30; i++) stock.reserve(`o${i}`, [{ sku: full, quantity: 1 }])
    expect((await slow.next()).value).toMatchObject({ available: 12 })
    await slow.return(undefined)
  })

  it('ends when nobody waits for it any more', async () => {
    const gone = new AbortController()
    const slow = watch(openStock(), [full], gone.signal)
    await slow.next()
    const next = slow.next()
    gone.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  it.each([
    ['no SKUs', [], Code.InvalidArgument],
    ['none that is known', [unknown], Code.NotFound],
    ['too many', Array.from({ length: 201 }, () => full), Code.InvalidArgument],
  ])('refuses %s', async (_, skus, code) => {
    await expect(levelsOf(client.watchStock({ skus }), 1)).rejects.toMatchObject({ code })
  })
})

describe('what it says of a refusal', () => {
  it('is a reason that stays, or the field that was wrong', async () => {
    const reasonOf = async (skus: string, quantity: number) => {
      const error = await client
        .reserve({ orderId: 'o1', lines: [{ sku: skus, quantity }] })
        .catch((failed: unknown) => ConnectError.from(failed))
      return (error as ConnectError).findDetails(ErrorInfoSchema)[0]?.reason
    }
    expect([await reasonOf(unknown, 1), await reasonOf(low, 3)]).toEqual(['UNKNOWN_SKU', 'OUT_OF_STOCK'])
    const error = await client
      .reserve({ orderId: 'o1', lines: [{ sku: low, quantity: 0 }] })
      .catch((failed: unknown) => ConnectError.from(failed))
    expect((error as ConnectError).findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe(
      'lines[0].quantity',
    )
  })
})

describe('grpc.health.v1', () => {
  it('says that it serves, as a whole and by name', async () => {
    const health = createClient(Health, createGrpcTransport({ baseUrl: inventory.url, sessionManager: sessions }))
    for (const service of ['', Inventory.typeName])
      expect(await health.check({ service })).toMatchObject({ status: ServingStatus.SERVING })
    await expect(health.check({ service: 'another' })).rejects.toMatchObject({ code: Code.NotFound })
  })
})

describe('under faults', () => {
  it('a deadline passes while the answer is late', async () => {
    inventory.faults.set([{ latency: 60_000 }])
    await expect(client.getStock({ skus: [full] }, { timeoutMs: 50 })).rejects.toMatchObject({
      code: Code.DeadlineExceeded,
    })
  })

  it('a reservation whose deadline has passed is not made', async () => {
    const headers = { 'grpc-timeout': '0m' }
    const call = client.reserve({ orderId: 'o1', lines: [{ sku: full, quantity: 1 }] }, { headers })
    await expect(call).rejects.toMatchObject({ code: Code.DeadlineExceeded })
    expect(await available(full)).toBe(42)
  })

  it('a call that is cut off is INTERNAL at once, not late', async () => {
    inventory.faults.set([{ mode: 'reset' }])
    const call = client.getStock({ skus: [full] }, { timeoutMs: 60_000 })
    await expect(call).rejects.toMatchObject({ code: Code.Internal })
  })

  it('a failing service is UNAVAILABLE, until it is mended', async () => {
    const route = 'POST /shop.inventory.v1.Inventory/GetStock'
    inventory.faults.set([{ route, errorRate: 1, status: 503 }])
    await expect(client.getStock({ skus: [full] })).rejects.toMatchObject({ code: Code.Unavailable })
    await client.release({ orderId: 'o1' })
    inventory.faults.clear()
    expect(await available(full)).toBe(42)
  })
})

it('speaks HTTP/2 without TLS for its health too, and nothing but gRPC for the rest', async () => {
  const session = connect(inventory.url)
  const get = async (headers: Record<string, string>, body?: string) => {
    const stream = session.request(headers)
    stream.end(body)
    const [answer] = (await once(stream, 'response')) as [{ ':status': number }]
    await text(stream)
    return answer[':status']
  }
  const method = { ':method': 'POST', ':path': '/shop.inventory.v1.Inventory/GetStock' }
  expect(await get({ ':path': '/livez' })).toBe(200)
  expect(await get({ ':path': '/readyz' })).toBe(200)
  expect(await get({ ':path': '/nowhere' })).toBe(404)
  expect(await get({ ...method, 'content-type': 'application/json' }, '{}')).toBe(415)
  session.close()
})
