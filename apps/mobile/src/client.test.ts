import { describe, expect, it } from '@jest/globals'
import { json, upstream } from '@bff/gateway-core/testing'
import { bearer, type ClientProblem } from '@bff/gateway-core/client'
import { mobileClient } from './client.ts'
import type { Update } from './gate.ts'

describe('an app that is too old', () => {
  const refusal = {
    code: 'app-update-required',
    title: 'App update required',
    detail: 'This version of the app is no longer served.',
    minVersion: '2.0.0',
    latest: '2.3.1',
    storeUrl: 'https://store.example/app',
  }

  async function setUp() {
    const server = await upstream((req, res) => {
      if (req.url === '/m/v1/bootstrap') json(res, {})
      else json(res, refusal, 403)
    })
    const updates: Update[] = []
    const problems: ClientProblem[] = []
    const client = mobileClient({
      baseUrl: server.url,
      onUpdateRequired: (update) => updates.push(update),
      onProblem: (problem) => problems.push(problem),
    })
    return { client, server, updates, problems, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  it('stops calling: what follows fails alike, and is not sent', async () => {
    await using t = await setUp()
    const failed = await t.client('GET /m/v1/orders').catch((error: unknown) => error)
    expect(failed).toMatchObject({ status: 403, code: 'app-update-required' })
    for (const call of [() => t.client('GET /m/v1/cart'), () => t.client('GET /m/v1/orders')]) {
      await expect(call()).rejects.toMatchObject({ status: 403, code: refusal.code, detail: refusal.detail })
    }
    const cart = await t.client('GET /m/v1/cart').catch((error: unknown) => error)
    expect(t.client.is(cart, 'GET /m/v1/cart', 'app-update-required')).toBe(true)
    expect(cart).toMatchObject({
      extra: { minVersion: '2.0.0', latest: '2.3.1', storeUrl: 'https://store.example/app' },
    })
    expect(t.server.seen.length).toBe(1)
  })

  it('is told of once, with the way to the update', async () => {
    await using t = await setUp()
    await Promise.allSettled([t.client('GET /m/v1/cart'), t.client('GET /m/v1/orders')])
    await Promise.allSettled([t.client('GET /m/v1/cart')])
    expect(t.updates).toEqual([{ minVersion: '2.0.0', latest: '2.3.1', storeUrl: 'https://store.example/app' }])
    expect(t.problems).toHaveLength(3)
  })

  it('still asks for what it needs to say so', async () => {
    await using t = await setUp()
    await Promise.allSettled([t.client('GET /m/v1/cart')])
    await t.client('GET /m/v1/bootstrap')
    expect(t.server.seen.map(({ url }) => url)).toEqual(['/m/v1/cart', '/m/v1/bootstrap'])
  })

  it('is not one that may not do something else', async () => {
    await using server = await upstream((_req, res) => json(res, { code: 'insufficient-scope' }, 403))
    const client = mobileClient({ baseUrl: server.url })
    await Promise.allSettled([client('GET /m/v1/cart')])
    await Promise.allSettled([client('GET /m/v1/cart')])
    expect(server.seen.length).toBe(2)
  })
})

it('says which app it is, and who uses it', async () => {
  await using server = await upstream((_req, res) => json(res, {}))
  const app = { version: '1.4.2', platform: 'ios' } as const
  await mobileClient({ baseUrl: server.url, app, as: bearer({ token: { accessToken: 't' } }) })('GET /m/v1/cart')
  expect(server.seen[0]!.headers).toMatchObject({
    'x-app-version': '1.4.2',
    'x-app-platform': 'ios',
    authorization: 'Bearer t',
  })
})

it('asks for a screen it has seen with If-None-Match, and never with what another person saw', async () => {
  await using server = await upstream((req, res) => {
    res.setHeader('etag', '"1"')
    if (req.headers['if-none-match'] === '"1"') res.writeHead(304).end()
    else json(res, { rev: 1 })
  })
  const as = bearer({ token: { accessToken: 'ada' } })
  const client = mobileClient({ baseUrl: server.url, as })
  const first = await client('GET /m/v1/cart')
  expect(await client('GET /m/v1/cart')).toEqual(first)
  as.use({ accessToken: 'grace' })
  await client('GET /m/v1/cart')
  expect(server.seen.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"', undefined])
})
