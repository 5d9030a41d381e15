import { describe, expect, it } from '@jest/globals'
import { Scope } from '../src/scope.ts'
import type { Reply } from '../src/road/call.ts'
import { type Road, road } from '../src/road/road.ts'
import { json, upstream, type Upstream } from '../src/testing.ts'
import { callOf } from './call.ts'
import { gateway } from '../src/index.ts'
import { silent } from './exchange.ts'

/** One read as a screen makes it: the status, or what kind of fault it ended in. */
async function read({ send, policy }: Road, method = 'GET'): Promise<number | string> {
  try {
    const reply: Reply = await send(callOf({ method, until: performance.now() + 5_000, scope: new Scope() }))
    await reply.body.bytes(policy.maxBytes, 'orders')
    return reply.status
  } catch (error) {
    return (error as { kind?: string }).kind ?? String(error)
  }
}

const answers = (): Promise<Upstream> => upstream((_req, res) => json(res, { well: true }))

describe('a road with several instances', () => {
  it('G13: loses no idempotent request when one of three is killed under load, and spares it afterwards', async () => {
    await using a = await answers()
    await using b = await answers()
    const c = await answers()
    await using way = road([a, b, c].map(({ url }) => url).join(), { attempts: 2, coalesce: false })
    const outcomes: (number | string)[] = []
    let killed: Promise<void> | undefined
    const client = async () => {
      for (let nth = 0; nth < 100; nth++) {
        outcomes.push(await read(way))
        if (outcomes.length === 600) killed = Promise.resolve(c[Symbol.asyncDispose]())
      }
    }
    await Promise.all(Array.from({ length: 20 }, client))
    await killed
    expect(outcomes.filter((outcome) => outcome !== 200)).toEqual([])
    const before = a.seen.length + b.seen.length
    for (let nth = 0; nth < 50; nth++) expect(await read(way)).toBe(200)
    expect(a.seen.length + b.seen.length - before).toBe(50)
  })

  it('G10: never asks for more than 1.2 attempts per call and a handful, however they fail', async () => {
    const states = [503, 200, 502, 503, 504, 500, 503]
    let nth = 0
    await using service = await upstream((req, res) => {
      const status = states[nth++ % states.length]!
      if (nth % 5 === 0) req.socket.destroy()
      else json(res, {}, status)
    })
    const policy = { attempts: 5, coalesce: false, breaker: false, outlier: false } as const
    await using way = road(service.url, policy)
    const calls = 2_000
    const client = async () => {
      for (let call = 0; call < calls / 20; call++) await read(way)
    }
    await Promise.all(Array.from({ length: 20 }, client))
    expect(service.seen.length).toBeGreaterThan(calls)
    expect(service.seen.length).toBeLessThanOrEqual(calls * 1.2 + 10)
  })
})

describe('addresses that cannot be meant', () => {
  it('stop the start with one message that lists them all', () => {
    const { app } = gateway({}, { items: {}, notes: {} }, { items: {}, notes: {} })
    const start = () =>
      app([], {
        upstreams: { items: 'ftp://a', notes: 'http://b;weight=0' },
        log: silent,
        authenticate: () => Promise.reject(new Error('nobody')),
      })
    expect(start).toThrow(/items: .*ftp[\s\S]*notes: .*weight/)
  })
})
