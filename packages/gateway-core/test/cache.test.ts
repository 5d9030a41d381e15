import type { Socket } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { complete, type Policy } from '../src/policy.ts'
import { type Call, type Filter, pipe } from '../src/road/call.ts'
import { endpointOf } from '../src/road/discover/address.ts'
import { Fault } from '../src/road/fault.ts'
import { cache } from '../src/road/filters/cache.ts'
import { coalesce } from '../src/road/filters/coalesce.ts'
import { deadline } from '../src/road/filters/deadline.ts'
import { onward } from '../src/road/filters/onward.ts'
import { shadow } from '../src/road/filters/shadow.ts'
import { connections } from '../src/road/pool.ts'
import { Scope } from '../src/scope.ts'
import { callOf } from './call.ts'
import { exchangeOf } from './exchange.ts'
import { rawUpstream } from './raw.ts'
import { plainCredential } from './tokens.ts'
import { signedInAs } from '../src/testing.ts'

type Script = (socket: Socket, head: string, nth: number) => void

/** The filters of this file in their order, onto real connections to an upstream of bytes. */
async function setUp(given: Policy, script: Script) {
  const upstream = await rawUpstream(script)
  const policy = complete({ timeout: 5_000, ...given })
  const { token, timeout } = policy
  const end = connections(endpointOf(upstream), policy)
  const filters: Filter[] = [
    deadline(timeout, policy.streamTimeout),
    onward(token === 'user' ? plainCredential : undefined),
  ]
  if (policy.shadow > 0) filters.unshift(shadow(policy.shadow, end.send))
  if (policy.coalesce) filters.unshift(coalesce(token, policy.maxBytes))
  if (policy.cache) filters.unshift(cache({ ...policy.cache, token, timeout, address: upstream.url }))
  const service = pipe(filters, end.send)
  const send = (call: Partial<Call> = {}) => service(callOf({ until: performance.now() + 10_000, ...call }))
  /** Status, body, and what the cache says it did; or the fault. */
  const ask = async (call: Partial<Call> = {}): Promise<string> => {
    try {
      const { status, headers, body } = await send(call)
      const bytes = await body.bytes(10_000_000, 'orders')
      const did = headers['cache-status']
      return `${status} ${bytes.length > 50 ? bytes.length : bytes}${did === undefined ? '' : ` ${String(did)}`}`
    } catch (error) {
      return error instanceof Fault ? error.kind : String(error)
    }
  }
  return {
    send,
    ask,
    upstream,
    async [Symbol.asyncDispose]() {
      await end[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

const answer = (body: string, headers = 'cache-control: max-age=60', status = 200): string =>
  `HTTP/1.1 ${status} X\r\n${headers}\r\ncontent-length: ${body.length}\r\n\r\n${body}`

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('a cold key', () => {
  it.each<[string, Policy, boolean]>([
    ['coalesced', {}, false],
    ['cached, read', { cache: {} }, false],
    ['cached, streamed', { cache: {}, coalesce: false }, true],
  ])('A-04: 10 000 equal reads are one request: %s', async (_, policy, streamed) => {
    await using road = await setUp(policy, (socket) => void later(500).then(() => socket.write(answer('one'))))
    const reads = await Promise.all(Array.from({ length: 10_000 }, () => road.ask({ streamed })))
    expect(reads.every((text) => text.startsWith('200 one'))).toBe(true)
    expect(road.upstream.heads).toHaveLength(1)
  })

  it.each<[string, Policy, boolean]>([
    ['coalesced', {}, false],
    ['cached', { cache: {}, coalesce: false }, true],
  ])('A-04: who led may leave, and a failure is not kept: %s', async (_, policy, streamed) => {
    await using road = await setUp(policy, (socket, _head, nth) => {
      if (nth === 2) socket.resetAndDestroy()
      else void later(100).then(() => socket.write(answer('one')))
    })
    const scope = new Scope()
    const leader = road.ask({ scope, streamed })
    const followers = [road.ask({ streamed }), road.ask({ streamed })]
    await later(20)
    scope.end(new Error('client gone'))
    expect(await leader).toBe('aborted')
    for (const text of await Promise.all(followers)) expect(text).toContain('200 one')
    const [url, fails] = ['/other', () => road.ask({ url, streamed })]
    expect(await Promise.all([fails(), fails()])).toEqual(['reset', 'reset'])
    expect(await fails()).toContain('200 one')
    expect(road.upstream.heads).toHaveLength(3)
  })

  it('A-04: its request is called off when all have left', async () => {
    await using road = await setUp({ cache: {} }, () => undefined)
    const scope = new Scope()
    const reads = [road.ask({ scope }), road.ask({ scope, streamed: true })]
    await later(50)
    expect(road.upstream.open).toBe(1)
    scope.end(new Error('client gone'))
    expect(await Promise.all(reads)).toEqual(['aborted', 'aborted'])
    await later(50)
    expect(road.upstream.open).toBe(0)
  })
})

describe('a broken body', () => {
  const head = 'HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\n'
  it.each<[string, string, (socket: Socket) => unknown]>([
    ['FIN short of its length', `${head}content-length: 9\r\n\r\nhalf`, (socket) => socket.end()],
    ['RST short of its length', `${head}content-length: 9\r\n\r\nhalf`, (socket) => socket.resetAndDestroy()],
    ['chunks without their end', `${head}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`, (socket) => socket.end()],
    ['an end that is only the connection’s', `${head}connection: close\r\n\r\nhalf`, (socket) => socket.end()],
  ])('A-05: %s is not kept', async (_, bytes, cut) => {
    await using road = await setUp({ cache: {} }, (socket, _head, nth) => {
      if (nth > 1) return void socket.write(answer('whole'))
      socket.write(bytes)
      return void later(20).then(() => cut(socket))
    })
    await road.ask({ streamed: true })
    expect(await road.ask({ streamed: true })).toContain('200 whole')
    expect(road.upstream.heads).toHaveLength(2)
  })

  it('A-05: streamed to a slow client: others get theirs as fast as it comes', async () => {
    const large = 'x'.repeat(900_000)
    await using road = await setUp({ cache: {} }, (socket) => socket.write(answer(large)))
    const { body } = await road.send({ streamed: true })
    expect(await road.ask({ streamed: true })).toMatch(/^200 900000 bff; (hit|fwd=miss; collapsed)/)
    expect(await body.bytes(1_000_000, 'orders')).toHaveLength(900_000)
    expect(road.upstream.heads).toHaveLength(1)
  })

  it('A-05: larger than an entry: streamed with the client’s pace, whole, and not kept', async () => {
    const large = 'x'.repeat(3_000_000)
    await using road = await setUp({ cache: {} }, (socket) => socket.write(answer(large, 'cache-control: max-age=60')))
    expect(await road.ask({ streamed: true })).toBe('200 3000000 bff; fwd=miss')
    expect(await road.ask({ streamed: true })).toBe('200 3000000 bff; fwd=bypass')
  })
})

describe('what is kept', () => {
  it('A-03: is asked about again with its tag on kept connections, and kept on when it holds', async () => {
    await using road = await setUp({ cache: {} }, (socket, head, nth) =>
      socket.write(
        /if-none-match: "1"/i.test(head)
          ? `HTTP/1.1 304 X\r\ncache-control: max-age=${nth < 10 ? 0 : 60}\r\n\r\n`
          : answer('one', 'etag: "1"\r\ncache-control: max-age=0'),
      ),
    )
    expect(await road.ask()).toBe('200 one bff; fwd=miss; stored')
    for (let nth = 2; nth <= 10; nth++) expect(await road.ask()).toBe('200 one bff; fwd=stale; fwd-status=304')
    expect(await road.ask()).toMatch(/^200 one bff; hit; ttl=5\d$/)
    expect(road.upstream.heads).toHaveLength(10)
    expect(road.upstream.connections).toBeLessThan(3)
  })

  it('A-03: stands in for a service that is gone', async () => {
    const policy: Policy = { cache: { staleIfError: 60_000 } }
    await using road = await setUp(policy, (socket) => socket.end(answer('one', 'cache-control: max-age=0')))
    expect(await road.ask()).toBe('200 one bff; fwd=miss; stored')
    await road.upstream[Symbol.asyncDispose]()
    expect(await road.ask()).toBe('200 one bff; fwd=stale; detail=refused')
  })

  it('A-03: Cache-Control in two headers forbids as in one', async () => {
    const two = 'cache-control: max-age=60\r\nCache-Control: No-Store'
    await using road = await setUp({ cache: {} }, (socket) => socket.write(answer('one', two)))
    await road.ask()
    expect(await road.ask()).toBe('200 one bff; fwd=bypass')
  })

  it('G13: 10 000 interleaved reads of eight users on shared connections: each sees its own', async () => {
    // Whose answer it is counts here, not when it comes.
    const timeout = 25_000
    const policy: Policy = { timeout, token: 'user', cache: { maxBytes: 100_000 }, bulkhead: { calls: 8 } }
    await using road = await setUp(policy, (socket, head, nth) => {
      const token = /authorization: Bearer (\S+)/i.exec(head)![1]!
      const headers = nth % 2 === 0 ? 'cache-control: private, max-age=60' : 'cache-control: no-store'
      setImmediate(() => socket.write(answer(token, headers)))
    })
    const wrong: string[] = []
    let next = 0
    const reader = async (): Promise<void> => {
      for (let nth = next++; nth < 10_000; nth = next++) {
        const id = `user${nth % 8}`
        const text = await road.ask({
          exchange: exchangeOf({ identity: signedInAs(id) }),
          url: `/${nth % 5}`,
          streamed: nth % 3 === 0,
          until: performance.now() + timeout,
        })
        if (!text.startsWith(`200 token-of-${id} bff; `)) wrong.push(`${id}: ${text}`)
      }
    }
    await Promise.all(Array.from({ length: 100 }, reader))
    expect(wrong).toEqual([])
    expect(road.upstream.heads.length).toBeGreaterThan(40)
  })
})

it('a copy is sent to the shadow, and its end is nobody’s trouble', async () => {
  await using road = await setUp({ shadow: 1, coalesce: false }, (socket, _head, nth) =>
    nth % 2 === 1 ? socket.write(answer('one')) : socket.resetAndDestroy(),
  )
  for (let nth = 1; nth <= 3; nth++) {
    expect(await road.ask()).toBe('200 one')
    await later(20)
    expect(road.upstream.heads).toHaveLength(2 * nth)
  }
})
