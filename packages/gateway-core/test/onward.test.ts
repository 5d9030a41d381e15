import type { IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'
import { type InternalTokens, internalTokens } from '../src/auth/internal-tokens.ts'
import { internalVerifier } from '../src/auth/internal-verifier.ts'
import { keySetPath } from '../src/auth/key-ring.ts'
import type { Policy } from '../src/policy.ts'
import { json, type Upstream, upstream } from '../src/testing.ts'
import { ask, problemIn } from './ask.ts'
import { bothDoors, doors, pathOf } from './both-doors.ts'
import { doorTo, echo, site } from './door.ts'
import { silent } from './exchange.ts'
import { wire } from './raw.ts'

let stack: AsyncDisposableStack
let tokens: InternalTokens
let service: Upstream

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  tokens = internalTokens({ name: 'test-bff', log: silent })
  service = stack.use(await upstream((_req, res) => json(res, { id: 'a', name: 'b' })))
})
afterEach(() => stack.disposeAsync())

const start = async (policy: Policy, guarded = true) =>
  stack.use(await bothDoors(service.url, { policy, guarded, tokens }))

/** Whom a service takes it for that fetches the keys of this BFF. */
const checked = (bff: string, authorization: string | undefined, audience = 'urn:items') =>
  internalVerifier({ audience, issuers: { 'urn:test-bff': bff + keySetPath } })(
    String(authorization).replace('Bearer ', ''),
  )

/** Every value of a header, as it came over the wire. */
const values = ({ rawHeaders }: IncomingMessage, name: string): string[] =>
  rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name)

const secrets = { cookie: '__Host-sid=the-session; a=b', authorization: 'me' }

describe.each(doors)('by the %s', (door) => {
  it('B-18: a service gets no cookie, and of Authorization one value, which is ours', async () => {
    const bff = await start({ token: 'user' })
    const answer = await ask(bff.url + pathOf(door, 'a'), { headers: secrets })
    expect(answer.status).toBe(200)
    const [seen] = service.seen
    expect(values(seen!, 'cookie')).toEqual([])
    const [authorization, ...more] = values(seen!, 'authorization')
    expect(more).toEqual([])
    expect(await checked(bff.url, authorization)).toMatchObject({
      id: 'u1',
      actor: 'test-bff',
      claims: { iss: 'urn:test-bff', aud: 'urn:items', client_id: 'test' },
    })
    expect(seen!.rawHeaders.join('\n')).not.toMatch(/the-session|\bme\b/)
  })

  it('B-18: where no token travels, that of the client does not either', async () => {
    const bff = await start({})
    await ask(bff.url + pathOf(door, 'a'), { headers: secrets })
    expect(['cookie', 'authorization'].flatMap((name) => values(service.seen[0]!, name))).toEqual([])
  })

  it('B-27: a service can tell users apart, and their addresses, though all come from one', async () => {
    const bff = await start({ token: 'user' })
    await ask(bff.url + pathOf(door, 'a'), { headers: { ...secrets, 'x-forwarded-for': '6.6.6.6' } })
    const [seen] = service.seen
    expect(values(seen!, 'x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(await checked(bff.url, seen!.headers.authorization)).toMatchObject({ id: 'u1' })
  })

  it('S-8: a token is for the service that is asked, or whom its policy names', async () => {
    const bff = await start({ token: 'user' })
    await ask(bff.url + pathOf(door, 'a'), { headers: secrets })
    await ask(bff.url + pathOf(door, 'a').replace('files', 'otherfiles').replace('/api/items', '/api/others'), {
      headers: secrets,
    })
    const [items, others] = service.seen.map(({ headers }) => headers.authorization)
    expect(await checked(bff.url, others, 'urn:others')).toMatchObject({ id: 'u1' })
    await expect(checked(bff.url, others)).rejects.toMatchObject({ reason: 'audience' })
    await expect(checked(bff.url, items, 'urn:others')).rejects.toMatchObject({ reason: 'audience' })
    const named = await start({ token: 'user', audience: 'https://api.partner.example' })
    await ask(named.url + pathOf(door, 'a'), { headers: secrets })
    const partner = service.seen[2]!.headers.authorization
    expect(await checked(named.url, partner, 'https://api.partner.example')).toMatchObject({ id: 'u1' })
  })

  it('a BFF that asks for itself says so, whoever made it ask', async () => {
    const bff = await start({ token: 'client' })
    await ask(bff.url + pathOf(door, 'a'), { headers: secrets })
    const principal = await checked(bff.url, service.seen[0]!.headers.authorization)
    expect(principal).toMatchObject({ id: 'test-bff', actor: undefined, claims: { client_id: 'test-bff' } })
    expect(JSON.stringify(principal)).not.toContain('u1')
  })

  it('none is made about nobody: a route that lets anybody in cannot ask who wants a user', async () => {
    const bff = await start({ token: 'user' }, false)
    const answer = await ask(bff.url + pathOf(door, 'a'), { headers: secrets })
    expect(problemIn(answer)).toEqual({ status: 500, code: 'internal-error' })
    expect(service.seen).toEqual([])
  })

  it('who is not known to the service as a BFF is no stranger to the client: 502, not 401', async () => {
    const strict = stack.use(
      await upstream((_req, res) => {
        res.setHeader('www-authenticate', 'Bearer realm="urn:items"')
        json(res, { code: 'token-invalid', status: 401 }, 401, 'application/problem+json')
      }),
    )
    const bff = stack.use(await bothDoors(strict.url, { policy: { token: 'user' }, guarded: true, tokens }))
    const answer = await ask(bff.url + pathOf(door, 'a'), { headers: secrets })
    expect(problemIn(answer)).toEqual({ status: 502, code: 'upstream-failed', source: 'items' })
    expect(answer.headers).not.toHaveProperty('www-authenticate')
  })
})

describe('by an upgrade', () => {
  it('B-18: a service gets no cookie, and of Authorization one value, which is ours', async () => {
    const live = stack.use(await echo())
    const guard = (exchange: { authenticate(): Promise<object> }) => exchange.authenticate()
    const bff = stack.use(await doorTo(live.url, { guard, policy: { token: 'user' }, tokens }))
    const socket = new WebSocket(`${bff.url}/live/a`, { origin: site, headers: secrets })
    await new Promise((resolve) => socket.once('open', resolve))
    socket.terminate()
    const { headers } = live.asked[0]!
    expect(headers).not.toHaveProperty('cookie')
    const token = String(headers['authorization']).replace('Bearer ', '')
    const fetchKeys = () => Promise.resolve(Response.json(tokens.keySet))
    const verify = internalVerifier({
      audience: 'urn:service',
      issuers: { 'urn:test-bff': 'http://k' },
      fetch: fetchKeys,
    })
    expect(await verify(token)).toMatchObject({ id: 'u1', actor: 'test-bff' })
  })
})

describe('B-16: who a token goes to', () => {
  it.each<[string, (evil: string) => string]>([
    ['a host in the path', (evil) => `GET /api/files//${evil}/items/a`],
    ['a URL in the path', (evil) => `GET /api/files/http://${evil}/items/a`],
    ['an encoded URL', (evil) => `GET /api/files/http:%2f%2f${evil}/items/a`],
    ['a user of another host', (evil) => `GET /api/files/@${evil}/items/a`],
    ['a backslash', (evil) => `GET /api/files/\\\\${evil}/items/a`],
    ['the query', (evil) => `GET /api/files/items/a?url=http://${evil}/&target=${evil}&host=${evil}`],
    ['another target', (evil) => `GET http://${evil}/api/files/items/a`],
    ['IPv6', (evil) => `GET /api/files/[::ffff:127.0.0.1]:${evil.split(':')[1]}/items/a`],
  ])('is never chosen by %s', async (_, request) => {
    const evil = stack.use(await upstream((_req, res) => json(res, {})))
    const bff = await start({ token: 'user' })
    await using line = await wire(bff.url)
    const host = new URL(evil.url).host
    line.write(`${request(host)} HTTP/1.1\r\nhost: shop.example\r\nauthorization: me\r\nconnection: close\r\n\r\n`)
    await line.closed()
    expect(evil.seen).toEqual([])
    for (const { url } of service.seen) expect(url).toMatch(/^\//)
  })

  it.each(['host', 'x-forwarded-host', 'x-original-url', 'x-rewrite-url', 'forwarded', 'destination', 'location'])(
    'is never chosen by the header %s',
    async (name) => {
      const evil = stack.use(await upstream((_req, res) => json(res, {})))
      const bff = await start({ token: 'user' })
      for (const door of doors) {
        const value =
          name === 'forwarded'
            ? `host=${new URL(evil.url).host}`
            : evil.url.replace(/^http:\/\//, name === 'host' ? '' : 'http://')
        await ask(bff.url + pathOf(door, 'a'), { headers: { ...secrets, [name]: value } })
      }
      expect(evil.seen).toEqual([])
      expect(service.seen.map(({ url }) => url)).toEqual(['/items/a', '/items/a'])
    },
  )

  it.each(doors)('is never chosen by a redirect of the service, by the %s', async (door) => {
    const evil = stack.use(await upstream((_req, res) => json(res, { id: 'a', name: 'b' })))
    const lost = stack.use(
      await upstream((_req, res) => void res.writeHead(307, { location: `${evil.url}/items/a` }).end()),
    )
    const bff = stack.use(await bothDoors(lost.url, { policy: { token: 'user' }, guarded: true, tokens }))
    expect((await ask(bff.url + pathOf(door, 'a'), { headers: secrets })).status).toBe(502)
    expect(lost.seen).toHaveLength(1)
    expect(evil.seen).toEqual([])
  })
})

describe('the keys of a BFF', () => {
  it('are there for private networks, and only their public half', async () => {
    const bff = await start({ token: 'user' })
    const answer = await ask(bff.url + keySetPath)
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/jwk-set+json'])
    expect(JSON.parse(answer.body.toString())).toEqual(tokens.keySet)
    expect(answer.body.toString()).not.toContain('"d"')
  })

  it.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])(
    'are not there for who comes by a proxy (%s)',
    async (name) => {
      const bff = await start({ token: 'user' })
      const [relayed, unknown] = await Promise.all(
        [keySetPath, '/unknown'].map((path) => ask(bff.url + path, { headers: { [name]: 'for=203.0.113.7' } })),
      )
      expect(problemIn(relayed!)).toEqual({ status: 404, code: 'route-not-found' })
      expect(problemIn(relayed!)).toEqual(problemIn(unknown!))
    },
  )
})
