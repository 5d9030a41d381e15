import { describe, expect, it } from '@jest/globals'
import { json, upstream } from '@bff/gateway-core/testing'
import { mobileClient } from './client.ts'
import { type Ending, keep, type KeepOptions, type Vault } from './keep.ts'
import { requestTokens, type Tokens } from './tokens.ts'

/** The token endpoint's next response; `lost`: it hangs up without one; `late`: it exceeds the timeout. */
type Answer = readonly [status: number, body: unknown] | 'lost' | 'late'

const issued = (n: number): Answer => [
  200,
  { access_token: `access-${n}`, refresh_token: `refresh-${n}`, expires_in: 300 },
]
const ended: Answer = [400, { error: 'invalid_grant' }]
const notWell: Answer = [503, {}]

function memoryVault(fails = false): Vault & { readonly kept: (Tokens | undefined)[] } {
  const kept: (Tokens | undefined)[] = []
  return {
    kept,
    read: async () => kept.at(-1),
    async write(tokens) {
      if (fails && tokens !== undefined) throw new Error('the keychain is locked')
      kept.push(tokens)
    },
  }
}

/** A token endpoint with scripted responses, its BFF, and a user whose access token has expired. */
async function setUp(
  answers: readonly Answer[],
  token: Partial<Tokens> = { refreshToken: 'refresh-0' },
  options: Partial<KeepOptions> = {},
) {
  const forms: string[] = []
  const issuer = await upstream(async (req, res) => {
    forms.push(Buffer.concat(await req.toArray()).toString())
    const answer = answers[forms.length - 1] ?? notWell
    if (answer === 'lost') res.destroy()
    else if (answer !== 'late') json(res, answer[1], answer[0])
  })
  const bff = await upstream((_req, res) => json(res, { items: [], currency: 'EUR' }))
  const endings: Ending[] = []
  const provider = {
    issuer: issuer.url,
    authorization_endpoint: issuer.url,
    token_endpoint: issuer.url,
    revocation_endpoint: `${issuer.url}/revocation`,
  }
  const kept = keep(
    { accessToken: 'access-0', expiresAt: Date.now() - 1, ...token },
    { provider, onSignedOut: (why) => endings.push(why), ...options },
  )
  const client = mobileClient({ baseUrl: bff.url, as: kept.as })
  return {
    ...kept,
    provider,
    forms,
    endings,
    ask: () => client('GET /m/v1/orders'),
    seen: () => bff.seen.map(({ headers }) => headers.authorization),
    async [Symbol.asyncDispose]() {
      await Promise.all([issuer[Symbol.asyncDispose](), bff[Symbol.asyncDispose]()])
    },
  }
}

const refreshOf = (token: string) => `client_id=mobile&grant_type=refresh_token&refresh_token=${token}`

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
    expect(t.forms).toEqual([refreshOf('refresh-0')])
  })

  it.each<[string, Answer]>([
    ['was lost', 'lost'],
    ['is late', 'late'],
    ['was not the issuer’s own', notWell],
  ])('J-13: asks again with the same token, once, when an answer %s', async (_, answer) => {
    await using t = await setUp([answer, issued(1)])
    await t.ask()
    expect(t.forms).toEqual([refreshOf('refresh-0'), refreshOf('refresh-0')])
    expect([t.seen(), t.endings]).toEqual([['Bearer access-1'], []])
  })

  it.each<[string, readonly Answer[]]>([
    ['that broke down', [notWell, notWell]],
    ['that hangs up', ['lost', 'lost']],
    ['that has too much to do', [[429, { error: 'slow_down' }]]],
    ['that answers no tokens', [[200, {}]]],
  ])('is not broken for good, and signs nobody out, by an issuer %s', async (_, failures) => {
    await using t = await setUp([...failures, issued(2)])
    await expect(t.ask()).rejects.toMatchObject({ code: 'identity-unavailable' })
    await t.ask()
    expect([t.seen(), t.forms.length, t.endings]).toEqual([['Bearer access-2'], failures.length + 1, []])
  })

  it('fails a call that no token can be had for, and says why', async () => {
    await using t = await setUp([])
    await expect(t.ask()).rejects.toMatchObject({
      code: 'identity-unavailable',
      cause: { message: 'the issuer answered 503' },
    })
    expect([t.seen(), t.endings]).toEqual([[], []])
  })

  it.each<[string, Ending, readonly Answer[], Partial<Tokens>]>([
    ['is taken no more', 'revoked', [ended], { refreshToken: 'refresh-0' }],
    ['is taken no more, which is known at the second try', 'revoked', ['lost', ended], { refreshToken: 'refresh-0' }],
    ['was never given', 'expired', [], {}],
  ])('signs out, says why once, and keeps nothing when the refresh token %s', async (_, why, answers, token) => {
    const vault = memoryVault()
    await using t = await setUp(answers, token, { vault })
    await expect(t.ask()).rejects.toMatchObject({ code: 'signed-out', status: 401 })
    await t.ask()
    expect([t.seen(), t.endings, t.forms.length]).toEqual([[undefined], [why], answers.length])
    expect(await vault.read()).toBeUndefined()
  })
})

describe('a vault', () => {
  it('has the new tokens before anybody uses them', async () => {
    const order: string[] = []
    const vault: Vault = {
      read: async () => undefined,
      async write(tokens) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        order.push(`kept ${tokens?.accessToken}`)
      },
    }
    await using t = await setUp([issued(1)], undefined, { vault })
    await t.ask()
    order.push(...t.seen().map(String))
    expect(order).toEqual(['kept access-1', 'Bearer access-1'])
  })

  it('that takes nothing loses the old tokens, not the person', async () => {
    const vault = memoryVault(true)
    await using t = await setUp([issued(1)], undefined, { vault })
    await t.ask()
    expect([t.seen(), t.endings, vault.kept]).toEqual([['Bearer access-1'], [], [undefined]])
  })

  it('gets the tokens of a sign-in', async () => {
    const vault = memoryVault()
    await using t = await setUp([], undefined, { vault })
    await t.use({ accessToken: 'of-grace', refreshToken: 'refresh-of-grace', expiresAt: Date.now() + 300_000 })
    await t.ask()
    expect([t.seen(), (await vault.read())?.refreshToken]).toEqual([['Bearer of-grace'], 'refresh-of-grace'])
  })
})

describe('signing out', () => {
  it('forgets at once, and has the issuer end the sign-in (RFC 7009)', async () => {
    const vault = memoryVault()
    await using t = await setUp([issued(1), [200, {}]], undefined, { vault })
    await t.ask()
    await t.signOut()
    expect(t.forms[1]).toBe('client_id=mobile&token=refresh-1&token_type_hint=refresh_token')
    await t.ask()
    expect([t.seen(), await vault.read(), t.endings]).toEqual([['Bearer access-1', undefined], undefined, []])
    await t.signOut()
    expect(t.forms).toHaveLength(2)
  })

  it('forgets when the issuer cannot be told too, and says so', async () => {
    const vault = memoryVault()
    await using t = await setUp(['lost'], undefined, { vault })
    await expect(t.signOut()).rejects.toThrow()
    await t.ask()
    expect([t.seen(), vault.kept]).toEqual([[undefined], [undefined]])
  })

  it('is not undone by a refresh that was under way', async () => {
    const vault = memoryVault()
    await using t = await setUp([issued(1), [200, {}]], undefined, { vault })
    const asked = t.ask()
    const out = t.signOut()
    await expect(asked).rejects.toMatchObject({ code: 'signed-out' })
    await out
    await t.ask()
    expect(t.seen()).toEqual([undefined])
    expect(await vault.read()).toBeUndefined()
  })
})

describe('tokens', () => {
  it('without a new refresh token leave the old one in force (RFC 6749 §6)', async () => {
    await using t = await setUp([[200, { access_token: 'a' }]])
    expect(await requestTokens(t.provider, { refresh_token: 'old' })).toEqual({ accessToken: 'a', refreshToken: 'old' })
  })
})
