import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { EnvironmentError } from '../src/env.ts'
import { listenTo } from '../src/live/listen.ts'
import { complete } from '../src/policy.ts'
import { ask as probe } from '../src/road/ask.ts'
import { type Endpoint, endpointOf } from '../src/road/discover/address.ts'
import { parseAddresses } from '../src/road/discover/addresses.ts'
import { resolver } from '../src/road/discover/resolver.ts'
import { Fault } from '../src/road/fault.ts'
import { ask as grpcProbe } from '../src/road/grpc/health.ts'
import { connections as grpcConnections } from '../src/road/grpc/wire.ts'
import { connections } from '../src/road/pool.ts'
import { road } from '../src/road/road.ts'
import { hear } from '../src/road/socket.ts'
import { secured, type Tls } from '../src/road/tls.ts'
import { Scope } from '../src/scope.ts'
import { ask, problemIn } from './ask.ts'
import { authority } from './authority.ts'
import { bothDoors, type DoorName, pathOf } from './both-doors.ts'
import { callOf } from './call.ts'
import { nameServer } from './dns.ts'
import { accept, doorTo, handshake } from './door.ts'
import { exchangeOf } from './exchange.ts'
import { things } from './feed.ts'
import { outcome, sampleAt } from './grpc/sample.ts'
import { wire } from './raw.ts'
import { tlsService } from './tls-service.ts'

const ours = authority()
const theirs = authority({ CN: 'somebody else' })
const address = [127, 0, 0, 1]
const server = ours.issue({ subject: { CN: 'service' }, address })
const stranger = theirs.issue({ subject: { CN: 'service' }, address })
const other = ours.issue({ subject: { CN: 'service' }, names: ['other.example'] })
const expired = ours.issue({ subject: { CN: 'service' }, address, from: Date.now() - 120_000, to: Date.now() - 60_000 })
const ca = ours.certificate

const patient = { timeout: 2_500, connectTimeout: 2_000 }

/** `fine`, or what is seen of a handshake that failed. */
type Way = (url: string, tls?: Tls) => Promise<string>

const byDoor =
  (door: DoorName): Way =>
  async (url, tls) => {
    await using bff = await bothDoors(url, { tls, policy: patient })
    const answer = await ask(bff.url + pathOf(door, 'a'))
    if (answer.status === 200) return 'fine'
    const { status, code, source } = problemIn(answer)
    return `${status} ${code} of ${source}`
  }

const hears = (listen: (heard: () => void, scope: Scope) => Promise<unknown>): Promise<string> =>
  new Promise((resolve) => {
    const scope = new Scope()
    const heard = () => {
      resolve('fine')
      scope.end(new Error('enough'))
    }
    listen(heard, scope).catch((error: unknown) => resolve(error instanceof Fault ? error.kind : String(error)))
  })

const ways: Readonly<Record<string, readonly [way: Way, failed: string]>> = {
  'a screen': [byDoor('screen'), '502 upstream-failed of items'],
  'a forward': [byDoor('forward'), '502 upstream-failed of items'],
  'an upgrade': [
    async (url, tls) => {
      await using bff = await doorTo(url, { tls, policy: patient })
      await using line = await wire(bff.url)
      line.write(handshake())
      const status = (await line.until(/\r\n\r\n/)).slice(9, 12)
      return status === '101' ? 'fine' : status
    },
    '502',
  ],
  'a feed': [
    async (url, tls) => {
      await using way = road(url, patient, { tls: secured(tls) })
      const key = 'GET /things/:id'
      const listen = listenTo('things', way, key, things[key], { id: 'a' })
      return await hears((heard, scope) => listen({ exchange: exchangeOf({}), scope, after: 0 }, heard))
    },
    'reset',
  ],
  gRPC: [
    async (url, tls) => {
      await using client = sampleAt(url, patient, { tls: secured(tls) })
      return await outcome(client.call('read'))
    },
    '502 upstream-failed',
  ],
}

let own: string[]
beforeAll(() => {
  own = getCACertificates('default')
  setDefaultCACertificates([...own, theirs.certificate])
})
afterAll(() => setDefaultCACertificates(own))

describe.each(Object.entries(ways))('U-23: %s over TLS', (_, [way, failed]) => {
  it('speaks to one that Node trusts, where nothing is said', async () => {
    await using service = await tlsService(stranger)
    expect(await way(service.url)).toBe('fine')
    // An address is no name that could be asked for.
    expect(service.names).toEqual([])
  })

  it('speaks to one that the authority it was given vouches for, and without it does not', async () => {
    await using service = await tlsService(server)
    expect(await way(service.url, { ca })).toBe('fine')
    expect(service.asked).toHaveLength(1)
    expect(await way(service.url)).toBe(failed)
    expect(service.asked).toHaveLength(1)
  })

  it.each([
    ['whom Node would trust, where another authority was given', stranger],
    ['with a certificate for another name', other],
    ['whose certificate has expired', expired],
  ])('says nothing to one %s', async (_, issued) => {
    await using service = await tlsService(issued)
    expect(await way(service.url, { ca })).toBe(failed)
    expect([service.asked, service.connections]).toEqual([[], 1])
  })

  it('says nothing to one that speaks less than TLS 1.2', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await using service = await tlsService(server, old)
    expect(await way(service.url, { ca })).toBe(failed)
    expect([service.asked, service.connections]).toEqual([[], 1])
  })

  it('asks for the name it was given, and takes a certificate for that alone', async () => {
    await using service = await tlsService(other)
    expect(await way(service.url, { ca, serverName: 'other.example' })).toBe('fine')
    expect(service.names).toEqual(['other.example'])
    await using another = await tlsService(server)
    expect(await way(another.url, { ca, serverName: 'other.example' })).toBe(failed)
    expect(another.asked).toEqual([])
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('shows who it is to one that asks, in %s', async (version) => {
    const asking = { requestCert: true, rejectUnauthorized: true, ca, minVersion: version, maxVersion: version }
    await using service = await tlsService(server, asking)
    const us = ours.issue({ subject: { CN: 'bff' } })
    expect(await way(service.url, { ca, cert: us.certificate, key: us.key })).toBe('fine')
    const they = theirs.issue({ subject: { CN: 'bff' } })
    expect(await way(service.url, { ca, cert: they.certificate, key: they.key })).toBe(failed)
    expect(await way(service.url, { ca })).toBe(failed)
    expect(service.asked).toHaveLength(1)
    await using another = await tlsService(stranger, asking)
    expect(await way(another.url, { cert: us.certificate, key: us.key })).toBe('fine')
  })
})

describe('U-23: over TLS', () => {
  it('HTTP stays HTTP/1.1, whose limits hold, where a service offers more', async () => {
    await using service = await tlsService(server)
    for (const name of ['a screen', 'an upgrade', 'gRPC']) await ways[name]![0](service.url, { ca })
    expect(service.asked.map((one) => one.slice(0, 3))).toEqual(['1.1', '1.1', '2.0'])
  })

  it('what one upstream has verified is nothing to another at the same address', async () => {
    await using service = await tlsService(server)
    for (const [way, failed] of Object.values(ways)) {
      for (let nth = 0; nth < 2; nth++) expect(await way(service.url, { ca })).toBe('fine')
      expect(await way(service.url, { ca: theirs.certificate })).toBe(failed)
    }
  })

  it.each([
    ['an unknown issuer', stranger, 'self-signed certificate in certificate chain'],
    ['another name', other, "IP: 127.0.0.1 is not in the cert's list"],
    ['a date gone by', expired, 'certificate has expired'],
  ])('the fault says why, for the log: %s', async (_, issued, why) => {
    await using service = await tlsService(issued)
    await using way = road(service.url, patient, { tls: secured({ ca }) })
    const cause = { message: expect.stringContaining(why) as unknown }
    await expect(way.send(callOf())).rejects.toMatchObject({ kind: 'reset', cause })
  })

  it('a handshake that fails is tried as often as the policy says, and the breaker counts it', async () => {
    await using service = await tlsService(expired)
    const policy = { ...patient, attempts: 2, breaker: { minimum: 6, cooldown: 5_000 } } as const
    await using bff = await bothDoors(service.url, { tls: { ca }, policy })
    const statuses: number[] = []
    for (let nth = 0; nth < 5; nth++) statuses.push((await ask(bff.url + pathOf('screen', 'a'))).status)
    expect(statuses).toEqual([502, 502, 502, 503, 503])
    expect(service.connections).toBe(6)
  })

  const health: [string, (endpoint: Endpoint) => Promise<boolean>][] = [
    ['HTTP', probe({ path: '/livez', interval: 5_000, timeout: 2_000, healthy: 1, unhealthy: 1 })],
    ['gRPC', grpcProbe({ path: '/', interval: 5_000, timeout: 2_000, healthy: 1, unhealthy: 1 })],
  ]
  it.each(health)('a probe over %s verifies as a call does, and shows what a call shows', async (_, isWell) => {
    const us = ours.issue({ subject: { CN: 'bff' } })
    await using service = await tlsService(other, { requestCert: true, rejectUnauthorized: true, ca })
    const at = (tls: Tls) => endpointOf({ url: service.url }, secured(tls))
    const right = { ca, serverName: 'other.example', cert: us.certificate, key: us.key }
    expect(await isWell(at(right))).toBe(true)
    expect(await isWell(at({ ...right, ca: theirs.certificate }))).toBe(false)
    expect(await isWell(at({ ...right, serverName: undefined }))).toBe(false)
    expect(await isWell(at({ ca, serverName: 'other.example' }))).toBe(false)
    expect(service.asked).toHaveLength(1)
  })
})

describe('U-23: a name that was looked up', () => {
  const policy = complete(patient)
  const upgrade = { upgrade: accept, headers: { connection: 'Upgrade', upgrade: 'websocket' }, url: '/live' }
  const answered = (sent: Promise<{ readonly status: number }>) =>
    sent.then(
      ({ status }) => (status < 300 ? 'fine' : String(status)),
      (error: unknown) => (error instanceof Fault ? error.kind : String(error)),
    )
  const ends: Readonly<Record<string, (endpoint: Endpoint) => Promise<string>>> = {
    HTTP: async (endpoint) => {
      await using end = connections(endpoint, policy)
      return await answered(end.send(callOf()))
    },
    'an upgrade': async (endpoint) => {
      await using end = connections(endpoint, policy)
      const headers = {
        ...upgrade.headers,
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
      }
      return await answered(end.send(callOf({ ...upgrade, headers })))
    },
    'a feed': (endpoint) =>
      hears((heard, scope) =>
        hear({ upstream: 'things', endpoint, policy, url: '/things/a', headers: {}, scope, heard }),
      ),
    gRPC: async (endpoint) => {
      await using line = grpcConnections(endpoint, policy)
      return await answered(line.send(callOf({ url: '/sample.v1.Sample/Read?message=' })))
    },
    'a probe': async (endpoint) =>
      (await probe({ path: '/', interval: 5_000, timeout: 2_000, healthy: 1, unhealthy: 1 })(endpoint))
        ? 'fine'
        : 'reset',
  }

  it.each(Object.entries(ends))('is what a certificate must hold, not the address it led to: %s', async (_, end) => {
    await using names = await nameServer({ 'shop.test': [{ type: 'A', address: '127.0.0.1' }] })
    const issued = ours.issue({ subject: { CN: 'shop' }, names: ['shop.test'] })
    for (const [certificate, comes] of [
      [issued, 'fine'],
      [server, 'reset'],
    ] as const) {
      await using service = await tlsService(certificate)
      const targets = parseAddresses(`dns+https://shop.test:${new URL(service.url).port}`, true)
      await using found = resolver(targets, { dns: names.client() })
      await found.ready()
      expect(await end(endpointOf(found.addresses[0]!, secured({ ca })))).toBe(comes)
      expect(service.names).toEqual(['shop.test'])
      expect(service.asked).toHaveLength(comes === 'fine' ? 1 : 0)
    }
  })
})

describe('a start', () => {
  it('lists what is wrong with TLS beside all else', async () => {
    const started = bothDoors('http://127.0.0.1:1, ftp://b', { tls: { ca: 'hunter2', serverName: '10.0.0.1' } })
    await expect(started).rejects.toThrow(EnvironmentError)
    await expect(started).rejects.toThrow(
      'The upstreams cannot be reached:\n' +
        '  - items: Invalid tls settings: ca must contain PEM certificates, and nothing else; serverName "10.0.0.1" is not a DNS name.\n' +
        '  - items: Invalid addresses: "ftp://b" must be http or https.\n' +
        '  - others: Invalid addresses: "ftp://b" must be http or https.',
    )
  })

  it('refuses TLS for an address without it', async () => {
    await expect(bothDoors('https://127.0.0.1:1, http://b', { tls: { ca } })).rejects.toThrow(
      'items: Invalid addresses: "http://b" must be https, as tls is given for it.',
    )
  })

  it('takes none that is not said', async () => {
    await using bff = await bothDoors('http://127.0.0.1:1', { tls: { ca: undefined, serverName: undefined } })
    expect(bff.url).toMatch(/^http:/)
  })
})
