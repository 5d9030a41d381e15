import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import jwt from 'jsonwebtoken'
import { errors, Provider } from 'oidc-provider'
import { z } from 'zod'
import { clientCredentials, type ClientCredentialsOptions } from '../src/auth/client-credentials.ts'
import type { Guard } from '../src/exchange.ts'
import { gateway } from '../src/index.ts'
import { json, upstream } from '../src/testing.ts'
import { ask, problemIn } from './ask.ts'
import { eventually } from './door.ts'
import { silent } from './exchange.ts'
import { listen } from './listen.ts'

const RESOURCE = 'https://api.partner.example/'
const TTL = 100
const secret = 'a-secret-of-this-test-and-nothing-else'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (key: typeof ec.privateKey) => key.export({ format: 'pem', type: 'pkcs8' }).toString()

const machine = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }
const clients = [
  { client_id: 'basic', client_secret: secret, ...machine },
  ...Object.entries({ rsa, ec }).map(([client_id, { publicKey }]) => ({
    client_id,
    ...machine,
    token_endpoint_auth_method: 'private_key_jwt' as const,
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }] },
  })),
]

/** A real OAuth issuer that grants machines a token for one API. */
async function startIssuer() {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { warn } = console
  const { structuredClone } = globalThis
  console.warn = () => {}
  // Jest's makes objects of another realm, which the provider takes for none: it must do without while it copies its clients.
  globalThis.structuredClone = (value) => (value && JSON.parse(JSON.stringify(value))) as typeof value
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys: [{ ...rsa.privateKey.export({ format: 'jwk' }), kid: 'test', use: 'sig', alg: 'RS256' }] },
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt'],
    ttl: { ClientCredentials: TTL },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== RESOURCE) throw new errors.InvalidTarget()
          return { scope: 'read write', audience: RESOURCE, accessTokenFormat: 'jwt', accessTokenTTL: TTL }
        },
      },
    },
  })
  console.warn = warn
  globalThis.structuredClone = structuredClone
  const state = { issuer, down: false, slow: 0, asked: 0, assertions: [] as string[] }
  provider.on('grant.success', (ctx) => state.assertions.push(String(ctx.oidc.body?.['client_assertion'])))
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.path === '/token') await new Promise((resolve) => setTimeout(resolve, state.slow))
  })
  const answer = provider.callback()
  server.on('request', (req, res) => {
    if (req.url === '/token') state.asked++
    if (state.down) req.socket.destroy()
    else void answer(req, res)
  })
  return Object.assign(state, {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

let issuer: Awaited<ReturnType<typeof startIssuer>>
let now: number
let lines: string[]

beforeEach(async () => {
  issuer = await startIssuer()
  now = Date.now()
  lines = []
})
afterEach(() => issuer[Symbol.asyncDispose]())

const source = (more: Partial<ClientCredentialsOptions> = {}) =>
  clientCredentials({
    issuer: issuer.issuer,
    clientId: 'basic',
    authentication: { secret },
    scope: 'read',
    resource: RESOURCE,
    log: { warn: (line: object) => void lines.push(String((line as { err: unknown }).err)) } as never,
    clock: () => now,
    ...more,
  })

const quiet = async (ms = 200) => new Promise((resolve) => setTimeout(resolve, ms))

describe('client credentials', () => {
  it.each<[string, ClientCredentialsOptions['authentication']]>([
    ['basic', { secret }],
    ['rsa', { key: pem(rsa.privateKey), kid: 'one' }],
    ['ec', { key: pem(ec.privateKey) }],
  ])('S-8: of %s bring a token for one API, with the scope that was asked for', async (clientId, authentication) => {
    const token = await source({ clientId, authentication })()
    expect(jwt.decode(token)).toMatchObject({ client_id: clientId, aud: RESOURCE, scope: 'read' })
    expect(issuer.assertions[0]).toMatch(clientId === 'basic' ? /^undefined$/ : /^ey/)
  })

  it('S-9: are proved by an assertion for the issuer alone, of a minute, once', async () => {
    const token = source({ clientId: 'ec', authentication: { key: pem(ec.privateKey) } })
    await token()
    now += TTL * 1_000
    await token()
    const [first, second] = issuer.assertions.map((text) => jwt.decode(text) as Record<string, unknown>)
    expect(first).toMatchObject({ iss: 'ec', sub: 'ec' })
    expect([first!['aud']].flat()).toEqual([issuer.issuer])
    expect(Number(first!['exp']) - Number(first!['iat'])).toBeLessThanOrEqual(60)
    expect(first!['jti']).not.toBe(second!['jti'])
  })

  it('are asked for once, by whoever comes meanwhile, and then known', async () => {
    issuer.slow = 50
    const token = source()
    const all = await Promise.all(Array.from({ length: 100 }, async () => token()))
    expect(new Set(all).size).toBe(1)
    expect(token()).toBe(all[0])
    expect(issuer.asked).toBe(1)
  })

  it('are renewed beside the traffic, before they end', async () => {
    const token = source()
    const first = await token()
    now += TTL * 800 - 100
    expect(token()).toBe(first)
    await quiet()
    expect(issuer.asked).toBe(1)
    now += 200
    expect(token()).toBe(first)
    await eventually(() => token() !== first)
    expect(issuer.asked).toBe(2)
  })

  it('hold while the issuer is down, until they end; it is asked once a second then, and known again when it is back', async () => {
    const token = source()
    const first = await token()
    issuer.down = true
    now += TTL * 900
    expect(token()).toBe(first)
    await eventually(() => lines.length === 1)
    expect(token()).toBe(first)
    now += TTL * 100
    for (let nth = 0; nth < 20; nth++) await expect(Promise.resolve().then(token)).rejects.toThrow()
    expect(lines).toHaveLength(2)
    issuer.down = false
    now += 1_000
    expect(jwt.decode(await token())).toMatchObject({ aud: RESOURCE })
  })

  it('that are wrong are refused, and the log has no secret', async () => {
    const token = source({ authentication: { secret: 'another-secret-that-nobody-knows' } })
    await expect(Promise.resolve().then(token)).rejects.toThrow()
    expect(lines.join('')).not.toContain('another-secret')
  })

  it.each<[string, Partial<ClientCredentialsOptions>]>([
    ['an issuer without TLS elsewhere', { issuer: 'http://id.example' }],
    ['a key that is none', { authentication: { key: 'nonsense' } }],
  ])('stop the start with %s', (_, more) => {
    expect(() => source(more)).toThrow()
  })
})

describe('an upstream of somebody else', () => {
  const open: Guard = () => ({})
  const contract = { 'GET /api/rate': { out: z.object({ rate: z.number() }) } } as const
  const partner = { 'GET /rate': { out: z.object({ rate: z.number() }) } } as const

  async function start(address: string) {
    const { screen, forward, app } = gateway(contract, { partner }, { partner: { token: 'external', timeout: 1_000 } })
    const routes = [
      screen('GET /api/rate', {
        guard: open,
        parts: ({ from }) => ({ it: from.partner('GET /rate') }),
        view: ({ it }) => it,
      }),
      forward('/api/partner', 'partner', { guard: open }),
    ]
    const authenticate = () => Promise.reject(new Error('nobody'))
    return listen(
      app(routes, { upstreams: { partner: address }, external: { partner: source() }, authenticate, log: silent }),
    )
  }

  it('B-18: sees the token of its issuer by both doors, and nothing of the client', async () => {
    await using service = await upstream((_req, res) => json(res, { rate: 1 }))
    await using bff = await start(service.url)
    for (const path of ['/api/rate', '/api/partner/rate'])
      expect((await ask(bff.url + path, { headers: { authorization: 'Bearer mine', cookie: 'a=b' } })).status).toBe(200)
    for (const { headers } of service.seen) {
      expect(jwt.decode(headers.authorization!.replace('Bearer ', ''))).toMatchObject({ aud: RESOURCE })
      expect(headers).not.toHaveProperty('cookie')
    }
    expect(service.seen).toHaveLength(2)
    expect(issuer.asked).toBe(1)
  })

  it('is spared while no token can be had: 503, and it is not asked', async () => {
    await using service = await upstream((_req, res) => json(res, { rate: 1 }))
    await using bff = await start(service.url)
    issuer.down = true
    for (const path of ['/api/rate', '/api/partner/rate']) {
      const answer = await ask(bff.url + path)
      expect(problemIn(answer)).toEqual({ status: 503, code: 'upstream-unavailable', source: 'partner' })
      expect(answer.headers['retry-after']).toBe('1')
    }
    expect(service.seen).toEqual([])
  })

  it('is waited for no longer than a call may take, when the issuer is slow', async () => {
    await using service = await upstream((_req, res) => json(res, { rate: 1 }))
    await using bff = await start(service.url)
    issuer.slow = 1_800
    expect(problemIn(await ask(`${bff.url}/api/rate`))).toEqual({
      status: 504,
      code: 'upstream-timeout',
      source: 'partner',
    })
    expect(service.seen).toEqual([])
  })
})
