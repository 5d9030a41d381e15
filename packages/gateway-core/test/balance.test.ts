import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from '@jest/globals'
import { complete, type Policy } from '../src/policy.ts'
import { balancer } from '../src/road/balance/balancer.ts'
import type { Reply, Service } from '../src/road/call.ts'
import { endpointOf } from '../src/road/discover/address.ts'
import { parseAddresses } from '../src/road/discover/addresses.ts'
import { resolver } from '../src/road/discover/resolver.ts'
import { connections } from '../src/road/pool.ts'
import { upstream, type Upstream } from '../src/testing.ts'
import { callOf, seeded } from './call.ts'
import { exchangeOf } from './exchange.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]()
})

const answer = (res: ServerResponse, text = 'ok') => void res.end(text)

/** So many real upstreams behind one balancer. */
async function setUp(handlers: readonly RequestListener[], given: Policy, parameters: readonly string[] = []) {
  const policy = complete({ timeout: 5_000, ...given })
  const upstreams: Upstream[] = []
  for (const handler of handlers) {
    const server = await upstream(handler)
    open.push(server)
    upstreams.push(server)
  }
  const list = upstreams.map(({ url }, nth) => url + (parameters[nth] ?? ''))
  const road = balancer(resolver(parseAddresses(list.join())), policy, {
    open: (address) => connections(endpointOf(address), policy),
    random: seeded(11),
  })
  open.push(road)
  const counts = () => upstreams.map(({ seen }) => seen.length)
  return { road, upstreams, counts }
}

async function text(reply: Promise<Reply>): Promise<string> {
  return (await (await reply).body.bytes(1_000, 'orders')).toString()
}

/** `times` calls, `width` of them at a time. */
async function load(send: Service, times: number, width: number): Promise<string[]> {
  const texts: string[] = []
  let left = times
  const one = async () => {
    while (left-- > 0) texts.push(await text(send(callOf({ until: performance.now() + 5_000 }))))
  }
  await Promise.all(Array.from({ length: width }, one))
  return texts
}

const quick = (_: IncomingMessage, res: ServerResponse) => answer(res)
const slow = (_: IncomingMessage, res: ServerResponse) => void setTimeout(() => answer(res), 60)

describe('balancing over sockets', () => {
  it('G13: least-busy sends little to the slow one of three', async () => {
    const { road, counts } = await setUp([quick, slow, quick], {})
    await load(road.send, 600, 12)
    const [first, sluggish, third] = counts() as [number, number, number]
    expect(first + sluggish + third).toBe(600)
    expect(sluggish).toBeLessThan(120)
    expect(Math.min(first, third)).toBeGreaterThan(150)
  })

  it('G13: round-robin by weight is exact', async () => {
    const { road, counts } = await setUp([quick, quick], { balance: 'round-robin' }, [';weight=3'])
    await load(road.send, 400, 8)
    expect(counts()).toEqual([300, 100])
  })

  it('G13: hash keeps each user at one address', async () => {
    const { road, counts, upstreams } = await setUp([quick, quick, quick], { balance: 'hash' })
    for (let nth = 0; nth < 60; nth++) {
      const exchange = exchangeOf({ address: `user ${nth}` })
      const before = counts()
      for (let again = 0; again < 3; again++) await text(road.send(callOf({ exchange })))
      expect(
        counts()
          .map((count, at) => count - before[at]!)
          .toSorted((one, other) => one - other),
      ).toEqual([0, 0, 3])
    }
    expect(upstreams.every(({ seen }) => seen.length > 0)).toBe(true)
  })

  it('G13: one of three dies in the midst of its work: with one retry elsewhere nothing is lost', async () => {
    const { road, upstreams, counts } = await setUp([slow, slow, slow], { outlier: { ejection: 60_000 } })
    const again: Service = async (call) => {
      const attempt = { ...call, tried: new Set() }
      const reply = await road.send(attempt).catch(() => road.send(attempt))
      return reply.status < 500 ? reply : road.send(attempt)
    }
    const all = load(again, 300, 12)
    while (counts()[1]! < 20) await new Promise((resolve) => setTimeout(resolve, 5))
    await upstreams[1]![Symbol.asyncDispose]()
    expect(new Set(await all)).toEqual(new Set(['ok']))
    expect(road.instances.map(({ state }) => state)).toEqual(['well', 'ejected', 'well'])
    expect(road.instances.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0])
  })

  it('U-01: an address that takes no connection loses nothing, not even a POST without a retry', async () => {
    const { road, upstreams } = await setUp([quick, quick, quick], {})
    await upstreams[2]![Symbol.asyncDispose]()
    for (let nth = 0; nth < 40; nth++) expect(await text(road.send(callOf({ method: 'POST', body: '{}' })))).toBe('ok')
    expect(road.instances[2]!.state).toBe('ejected')
  })

  it('G14: an address that is back is asked again', async () => {
    let broken = true
    const flaky = (_: IncomingMessage, res: ServerResponse) => void res.writeHead(broken ? 503 : 200).end('ok')
    const { road, counts } = await setUp([flaky, quick], { outlier: { failures: 2, ejection: 50 } })
    await load(road.send, 20, 1)
    expect(road.instances[0]!.state).toBe('ejected')
    broken = false
    const start = performance.now()
    while (road.instances[0]!.state === 'ejected' && performance.now() - start < 5_000) await load(road.send, 10, 1)
    const before = counts()[0]!
    await load(road.send, 50, 1)
    expect(counts()[0]! - before).toBeGreaterThan(5)
  })

  it('U-05: an address whose bodies break is left out, though its heads are good', async () => {
    const cut = (_: IncomingMessage, res: ServerResponse) => {
      res.writeHead(200, { 'content-length': '100' }).write('half')
      setTimeout(() => res.destroy(), 5)
    }
    const { road, counts } = await setUp([cut, quick], { balance: 'round-robin', outlier: { failures: 3 } })
    for (let nth = 0; nth < 40; nth++) await text(road.send(callOf())).catch(() => undefined)
    expect(counts()[0]).toBe(3)
  })
})
