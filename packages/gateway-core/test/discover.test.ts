import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, describe, expect, it } from '@jest/globals'
import { complete } from '../src/policy.ts'
import { balancer } from '../src/road/balance/balancer.ts'
import { endpointOf } from '../src/road/discover/address.ts'
import { parseAddresses } from '../src/road/discover/addresses.ts'
import { resolver, type Resolver } from '../src/road/discover/resolver.ts'
import { turns } from '../src/road/discover/turns.ts'
import { Fault } from '../src/road/fault.ts'
import { connections } from '../src/road/pool.ts'
import { upstream } from '../src/testing.ts'
import { callOf } from './call.ts'
import { nameServer, type Zone } from './dns.ts'

const open: AsyncDisposable[] = []
// Not after each: those that mostly wait do so at once.
afterAll(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]()
})

const a = (address: string, ttl = 0) => ({ type: 'A', address, ttl }) as const
const aaaa = (address: string, ttl = 0) => ({ type: 'AAAA', address, ttl }) as const
const srv = (target: string, priority: number, weight: number, port: number) =>
  ({ type: 'SRV', target, priority, weight, port }) as const

async function setUp(list: string, zone: Zone, delay = 0) {
  const server = await nameServer(zone, delay)
  const failures: string[] = []
  const found = resolver(parseAddresses(list), {
    dns: server.client(),
    failed: (name, error) => failures.push(`${name} ${(error as { code: string }).code}`),
    turn: turns(4),
    random: () => 0,
  })
  open.push(server, found)
  return { server, found, failures, urls: () => found.addresses.map(({ url }) => url) }
}

/** Resolves when the addresses are these; fails when they are not within `ms`. */
async function until(urls: () => readonly string[], expected: readonly string[], ms = 4_000): Promise<number> {
  const start = performance.now()
  while (urls().join() !== expected.join() && performance.now() - start < ms)
    await new Promise((resolve) => setTimeout(resolve, 10))
  expect(urls()).toEqual(expected)
  return performance.now() - start
}

/** A balancer over what a resolver finds. */
function roadTo(found: Resolver) {
  const policy = complete({})
  const road = balancer(found, policy, { open: (address) => connections(endpointOf(address), policy) })
  open.push(road)
  const ask = async () => {
    try {
      return (await (await road.send(callOf({ url: '/x' }))).body.bytes(1_000, 'orders')).toString()
    } catch (error) {
      return error instanceof Fault ? error.kind : String(error)
    }
  }
  return { road, ask }
}

const echo = (req: IncomingMessage, res: ServerResponse) => void res.end(`${req.headers.host} ${req.url}`)
const portOf = (url: string) => new URL(url).port

describe('discovery over DNS', () => {
  it('U-20: finds A and AAAA, in an order of their own', async () => {
    const { urls } = await setUp('dns+http://shop.test:81/base;weight=2', {
      'shop.test': [a('10.0.0.2'), aaaa('fd00::1'), a('10.0.0.1')],
    })
    await until(urls, ['http://10.0.0.1:81/base', 'http://10.0.0.2:81/base', 'http://[fd00::1]:81/base'])
  })

  it('U-20: has static addresses at once, and names beside them', async () => {
    const { found, urls } = await setUp('http://10.0.0.9, dns+http://shop.test;arm=canary', {
      'shop.test': [a('10.0.0.1')],
    })
    expect(urls()).toEqual(['http://10.0.0.9'])
    await found.ready()
    await until(urls, ['http://10.0.0.9', 'http://10.0.0.1'])
    expect(found.addresses[1]).toEqual({ url: 'http://10.0.0.1', weight: 1, arm: 'canary', host: 'shop.test' })
  })

  it.concurrent('U-20: a name that is not there at boot is refused, and used as soon as it is', async () => {
    await using shop = await upstream(echo)
    const { server, found, failures } = await setUp(`dns+http://shop.test:${portOf(shop.url)}`, {})
    const { ask } = roadTo(found)
    expect(await ask()).toBe('refused')
    expect(failures).toEqual(['shop.test ENOTFOUND'])
    server.zone['shop.test'] = [a('127.0.0.1')]
    const start = performance.now()
    while ((await ask()) === 'refused' && performance.now() - start < 4_000)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await ask()).toContain('shop.test')
  })

  it('U-20: the first call waits for the first answer, and the service is told its name', async () => {
    await using shop = await upstream(echo)
    const port = portOf(shop.url)
    const { found } = await setUp(`dns+http://shop.test:${port}/base`, { 'shop.test': [a('127.0.0.1')] }, 100)
    expect(await roadTo(found).ask()).toBe(`shop.test:${port} /base/x`)
  })

  it('G14: follows a flip within its TTL and a second', async () => {
    const { server, urls } = await setUp('dns+http://shop.test', { 'shop.test': [a('10.0.0.1', 1)] })
    await until(urls, ['http://10.0.0.1'])
    server.zone['shop.test'] = [a('10.0.0.2', 1)]
    expect(await until(urls, ['http://10.0.0.2'])).toBeLessThan(2_000)
  })

  it.concurrent.each(['NXDOMAIN', 'SERVFAIL', 'silence'] as const)(
    'U-20: %s keeps the last good addresses',
    async (fault) => {
      const { server, urls, failures } = await setUp('dns+http://shop.test', { 'shop.test': [a('10.0.0.1')] })
      await until(urls, ['http://10.0.0.1'])
      server.zone['shop.test'] = fault
      while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      expect(urls()).toEqual(['http://10.0.0.1'])
      server.zone['shop.test'] = [a('10.0.0.2')]
      await until(urls, ['http://10.0.0.2'])
    },
  )

  it('U-20: IPv6 dead, IPv4 alive: no call is lost', async () => {
    await using shop = await upstream(echo)
    // Nothing listens at ::1 there, or there is no IPv6 at all.
    const { found, urls } = await setUp(`dns+http://shop.test:${portOf(shop.url)}`, {
      'shop.test': [a('127.0.0.1'), aaaa('::1')],
    })
    const { ask } = roadTo(found)
    for (let nth = 0; nth < 20; nth++) expect(await ask()).toContain('shop.test')
    expect(urls()).toHaveLength(2)
  })

  it('U-20: of more than 100 addresses 100 are used', async () => {
    const records = Array.from({ length: 102 }, (_, nth) => a(`10.0.0.${nth + 1}`))
    const { found } = await setUp('dns+http://shop.test', { 'shop.test': records })
    await found.ready()
    expect(found.addresses).toHaveLength(100)
  })

  it('U-20: four lookups at a time', async () => {
    const names = Array.from({ length: 10 }, (_, nth) => `shop-${nth}.test`)
    const zone = Object.fromEntries(names.map((name, nth) => [name, [a(`10.0.0.${nth}`, 60)]]))
    const { server, found } = await setUp(names.map((name) => `dns+http://${name}`).join(), zone, 20)
    while (found.addresses.length < 10) await new Promise((resolve) => setTimeout(resolve, 10))
    expect([server.asked.length, server.busiest]).toEqual([20, 4])
  })

  it('U-20: disposing calls off what is under way', async () => {
    const { server, found, failures } = await setUp('dns+http://shop.test', { 'shop.test': 'silence' })
    while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await found[Symbol.asyncDispose]()
    await found.ready()
    expect([found.addresses, failures]).toEqual([[], []])
  })
})

describe('discovery over SRV', () => {
  const name = '_http._tcp.shop.test'

  it('U-20: uses the lowest priority, by weight, with the ports of the records', async () => {
    const { found } = await setUp(`srv+http://${name}/base;weight=2`, {
      [name]: [srv('a.test', 10, 3, 4_101), srv('b.test', 10, 0, 4_102), srv('spare.test', 20, 9, 4_103)],
      'a.test': [a('10.0.0.1')],
      'b.test': [a('10.0.0.2')],
      'spare.test': [a('10.0.0.3')],
    })
    await found.ready()
    expect(found.addresses).toEqual([
      { url: 'http://10.0.0.1:4101/base', weight: 6, arm: 'main', host: 'shop.test' },
      { url: 'http://10.0.0.2:4102/base', weight: 2, arm: 'main', host: 'shop.test' },
    ])
  })

  it('U-20: a target that cannot be found leaves the others', async () => {
    const { found, urls } = await setUp(`srv+http://${name}`, {
      [name]: [srv('a.test', 1, 1, 81), srv('gone.test', 1, 1, 82)],
      'a.test': [a('10.0.0.1')],
    })
    await found.ready()
    expect(urls()).toEqual(['http://10.0.0.1:81'])
  })

  it.concurrent.each<[string, Zone[string]]>([
    ['NXDOMAIN', 'NXDOMAIN'],
    ['a target of "."', [srv('.', 0, 0, 0)]],
  ])('U-20: %s keeps the last good addresses', async (_, records) => {
    const { server, found, urls, failures } = await setUp(`srv+http://${name}`, {
      [name]: [srv('a.test', 1, 1, 81)],
      'a.test': [a('10.0.0.1')],
    })
    await found.ready()
    server.zone[name] = records
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(urls()).toEqual(['http://10.0.0.1:81'])
  })

  it('U-20: the other end is called by the name that was configured', async () => {
    await using shop = await upstream(echo)
    const port = Number(portOf(shop.url))
    const { found } = await setUp(`srv+http://${name}`, {
      [name]: [srv('evil.test', 1, 1, port)],
      'evil.test': [a('127.0.0.1')],
    })
    expect(await roadTo(found).ask()).toBe(`shop.test:${port} /x`)
  })
})
