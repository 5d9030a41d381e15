import { describe, expect, it } from '@jest/globals'
import { json, upstream } from '@bff/gateway-core/testing'
import { mobileClient } from './client.ts'
import { keep, requestTokens, type Tokens } from './tokens.ts'

type Answer = readonly [status: number, body: unknown]

const issued = (n: number): Answer => [
  200,
  { access_token: `access-${n}`, refresh_token: `refresh-${n}`, expires_in: 300 },
]

/** A token endpoint that answers in this order, its BFF, and a person whose token is over. */
async function setUp(answers: readonly Answer[], token: Partial<Tokens> = { refreshToken: 'refresh-0' }) {
  const forms: string[] = []
  const issuer = await upstream(async (req, res) => {
    forms.push(Buffer.concat(await req.toArray()).toString())
    const [status, body] = answers[forms.length - 1] ?? [500, {}]
    json(res, body, status)
  })
  const bff = await upstream((_req, res) => json(res, { items: [], currency: 'EUR' }))
  let signedOut = 0
  const provider = { issuer: issuer.url, authorization_endpoint: issuer.url, token_endpoint: issuer.url }
  const as = keep(provider, { accessToken: 'access-0', expiresAt: Date.now() - 1, ...token }, () => (signedOut += 1))
  const client = mobileClient({ baseUrl: bff.url, as })
  return {
    provider,
    forms,
    ask: () => client('GET /m/v1/orders'),
    seen: () => bff.seen.map(({ headers }) => headers.authorization),
    signedOut: () => signedOut,
    async [Symbol.asyncDispose]() {
      await Promise.all([issuer[Symbol.asyncDispose](), bff[Symbol.asyncDispose]()])
    },
  }
}

describe('keep', () => {
  it('hands out what it has while that is good', async () => {
    await using t = await setUp([], { expiresAt: Date.now() + 300_000 })
    await t.ask()
    expect([t.seen(), t.forms]).toEqual([['Bearer access-0'], []])
  })

  it('refreshes once, however many ask', async () => {
    await using t = await setUp([issued(1)])
    await Promise.all(Array.from({ length: 20 }, t.ask))
    await t.ask()
    expect(t.seen()).toEqual(Array.from({ length: 21 }, () => 'Bearer access-1'))
    expect(t.forms).toEqual(['client_id=mobile&grant_type=refresh_token&refresh_token=refresh-0'])
  })

  it.each<[string, Answer]>([
    ['that broke down', [500, { error: 'server_error' }]],
    ['that has too much to do', [429, { error: 'slow_down' }]],
    ['that answers no tokens', [200, {}]],
  ])('is not broken for good, and signs nobody out, by an issuer %s', async (_, failure) => {
    await using t = await setUp([failure, issued(2)])
    await expect(t.ask()).rejects.toMatchObject({ code: 'identity-unavailable' })
    await t.ask()
    expect([t.seen(), t.forms.length, t.signedOut()]).toEqual([['Bearer access-2'], 2, 0])
  })

  it('fails a call that no token can be had for, and says why', async () => {
    await using t = await setUp([])
    await expect(t.ask()).rejects.toMatchObject({
      code: 'identity-unavailable',
      cause: { message: 'no tokens: undefined' },
    })
    expect([t.seen(), t.signedOut()]).toEqual([[], 0])
  })

  it.each<[string, readonly Answer[], Partial<Tokens>]>([
    ['is taken no more', [[400, { error: 'invalid_grant' }]], { refreshToken: 'refresh-0' }],
    ['was never given', [], {}],
  ])('signs out when the refresh token %s', async (_, answers, token) => {
    await using t = await setUp(answers, token)
    await expect(t.ask()).rejects.toMatchObject({ code: 'signed-out', status: 401 })
    expect([t.seen(), t.signedOut(), t.forms.length]).toEqual([[], 1, answers.length])
  })
})

describe('tokens', () => {
  it('without a new refresh token leave the old one in force (RFC 6749 §6)', async () => {
    await using t = await setUp([[200, { access_token: 'a' }]])
    expect(await requestTokens(t.provider, { refresh_token: 'old' })).toEqual({ accessToken: 'a', refreshToken: 'old' })
  })
})
