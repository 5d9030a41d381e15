import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Inventory } from '@bff/contracts/inventory'
import { gateway, serve } from '@bff/gateway-core'
import { signedIn } from '@bff/gateway-core/auth'
import { signedInAs } from '@bff/gateway-core/testing'
import { internalTokens, internalVerifier, keySetPath } from '@bff/gateway-core/token'
import { demoBrowser } from '@bff/mobile/demo-browser'
import { signIn } from '@bff/mobile/sign-in'
import { logger } from '@bff/service-kit'
import { people, type Shop, startShop } from '../src/index.ts'

let shop: Shop
let orderId: string

const ada = signedInAs('cus_ada')
const grace = signedInAs('cus_grace')

beforeAll(async () => {
  shop = await startShop()
  const { items } = (await (await fetch(`${shop.services.catalog.url}/products?limit=1`)).json()) as {
    items: { id: string }[]
  }
  await asked('orders', ada, 'PUT', `/cart/items/${items[0]!.id}`, { quantity: 1 })
  orderId = String((await asked('orders', ada, 'POST', '/orders')).body['id'])
}, 30_000)
afterAll(async () => {
  await shop[Symbol.asyncDispose]()
})

type Service = 'orders' | 'customers'

async function send(service: Service, token: string | undefined, method: string, path: string, body?: object) {
  const answer = await fetch(shop.services[service].url + path, {
    method,
    headers: {
      'idempotency-key': crypto.randomUUID(),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** Calls a service as a BFF does, for this user. */
const asked = (service: Service, who: typeof ada, method: string, path: string, body?: object) =>
  send(service, shop.tokens.mint(`urn:${service}`, who), method, path, body)

describe('a service decides itself whose a thing is', () => {
  it.each<[Service, string, () => string]>([
    ['orders', 'GET', () => `/orders/${orderId}`],
    ['orders', 'POST', () => `/orders/${orderId}/confirm`],
    ['customers', 'GET', () => '/customers/cus_ada'],
  ])("%s: %s of what is ada's, by a good token of grace, finds nothing", async (service, method, path) => {
    const hers = await asked(service, grace, method, path())
    const nobodys = await asked(service, grace, method, path().replace(/ord_[\w-]+|cus_ada/, 'none'))
    expect(hers.status).toBe(404)
    // Nor can she tell that it exists.
    expect([nobodys.status, nobodys.body['code']]).toEqual([404, hers.body['code']])
    if (method === 'GET') expect((await asked(service, ada, method, path())).status).toBe(200)
  })

  it('orders: lists and carts are of who asks, and no parameter changes that', async () => {
    expect((await asked('orders', grace, 'GET', '/orders')).body['items']).toEqual([])
    for (const query of ['?customerId=cus_ada', '?sub=cus_ada'])
      expect(JSON.stringify(await asked('orders', grace, 'GET', `/orders${query}`))).not.toContain(orderId)
    expect((await asked('orders', ada, 'GET', '/orders')).body['items']).toMatchObject([{ id: orderId }])
    expect((await asked('orders', grace, 'GET', '/cart')).body['lines']).toEqual([])
  })
})

describe('a service takes the word of the BFFs alone', () => {
  const reads = { orders: '/orders', customers: '/customers/cus_ada' } as const

  it.each(['orders', 'customers'] as const)(
    '%s: the access token of an app opens it not, nor does none',
    async (service) => {
      const { accessToken } = await signIn(shop.issuer, demoBrowser(people.ada))
      expect(await send(service, accessToken, 'GET', reads[service])).toMatchObject({
        status: 401,
        body: { code: 'token-invalid' },
      })
      expect(await send(service, undefined, 'GET', reads[service])).toMatchObject({ status: 401 })
    },
  )

  it('S-8: a token for one is refused by the other', async () => {
    const token = shop.tokens.mint('urn:customers', ada)
    expect((await send('customers', token, 'GET', reads.customers)).status).toBe(200)
    expect(await send('orders', token, 'GET', reads.orders)).toMatchObject({
      status: 401,
      body: { code: 'token-invalid' },
    })
  })

  it('orders: its log is for programs, not for users', async () => {
    expect((await send('orders', shop.tokens.mint('urn:orders'), 'GET', '/events?after=0')).status).toBe(200)
    expect((await asked('orders', ada, 'GET', '/events?after=0')).status).toBe(401)
    expect((await send('orders', shop.tokens.mint('urn:orders'), 'GET', '/orders')).status).toBe(401)
  })

  it('both BFFs publish keys of their own', async () => {
    const sets = await Promise.all([shop.web, shop.mobile].map(async (url) => (await fetch(url + keySetPath)).json()))
    const kids = sets.map((set) => (set as { keys: { kid: string }[] }).keys.map(({ kid }) => kid))
    expect(kids).toEqual([[expect.any(String)], [expect.any(String)]])
    expect(kids[0]).not.toEqual(kids[1])
  })
})

/** A schema (Standard Schema) that accepts anything. */
const anything = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
} as const

it('B-18: over gRPC a service gets no cookie, and of authorization one value, which is ours', async () => {
  const seen: IncomingHttpHeaders[] = []
  const service = createServer()
  service.on('stream', (stream, headers) => {
    seen.push(headers)
    // Trailers alone: NOT_FOUND.
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc+proto', 'grpc-status': '5' },
      { endStream: true },
    )
  })
  await once(service.listen(0, '127.0.0.1'), 'listening')
  const contract = { 'GET /api/stock': { out: anything, errors: { 'not-found': 404 } } } as const
  const { screen, app } = gateway(contract, { inventory: Inventory }, { inventory: { token: 'user' } })
  const stock = screen('GET /api/stock', {
    guard: signedIn,
    parts: ({ from }) => ({ levels: from.inventory.getStock({ skus: ['a'] }) }),
    view: () => ({}),
  })
  const log = logger('test', 'silent')
  const tokens = internalTokens({ name: 'web-bff', log })
  const upstreams = { inventory: `http://127.0.0.1:${(service.address() as AddressInfo).port}` }
  const bff = app([stock], { upstreams, tokens, log, authenticate: () => Promise.resolve(ada) })
  const { handler } = bff
  const place = { name: 'test', port: 0, hostname: '127.0.0.1', portVariable: 'PORT' }
  await using listening = await serve({ ...place, handler, log, release: bff })
  await fetch(`${listening.url}/api/stock`, { headers: { authorization: 'Bearer mine', cookie: 'sid=1' } })
  service.close()
  expect(seen).toHaveLength(1)
  expect(seen[0]).not.toHaveProperty('cookie')
  const verify = internalVerifier({
    audience: 'urn:inventory',
    issuers: { 'urn:web-bff': listening.url + keySetPath },
  })
  expect(await verify(String(seen[0]!['authorization']).replace('Bearer ', ''))).toMatchObject({ id: 'cus_ada' })
})
