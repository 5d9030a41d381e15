import { describe, expect, it } from '@jest/globals'
import { json, upstream } from '@bff/gateway-core/testing'
import { keep } from './tokens.ts'

async function setUp(fails = 0) {
  let refreshes = 0
  const server = await upstream((_req, res) => {
    if (++refreshes <= fails) json(res, { error: 'server_error' }, 500)
    else json(res, { access_token: `access-${refreshes}`, refresh_token: `refresh-${refreshes}`, expires_in: 300 })
  })
  const provider = { issuer: server.url, authorization_endpoint: server.url, token_endpoint: server.url }
  const old = { accessToken: 'access-0', refreshToken: 'refresh-0', expiresAt: Date.now() + 10_000 }
  return { token: keep(provider, old), seen: server.seen, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

describe('keep', () => {
  it('hands out what it has while that is good', async () => {
    const provider = { issuer: '', authorization_endpoint: '', token_endpoint: 'http://127.0.0.1:9' }
    const token = keep(provider, { accessToken: 'a', refreshToken: 'r', expiresAt: Date.now() + 300_000 })
    expect(await token()).toBe('a')
  })

  it('refreshes once, however many ask', async () => {
    await using t = await setUp()
    expect(new Set(await Promise.all(Array.from({ length: 20 }, t.token)))).toEqual(new Set(['access-1']))
    expect(await t.token()).toBe('access-1')
    expect(t.seen.length).toBe(1)
  })

  it('is not broken for good by one failed refresh', async () => {
    await using t = await setUp(1)
    await expect(t.token()).rejects.toThrow('server_error')
    expect(await t.token()).toBe('access-2')
  })
})
