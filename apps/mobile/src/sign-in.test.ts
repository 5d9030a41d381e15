import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { json, upstream } from '@bff/gateway-core/testing'
import { discover, signIn, type SignInOptions } from './sign-in.ts'

type Parameters = Readonly<Record<string, string>>

/** An issuer, and a browser that returns with whatever `answer` makes of the request. */
async function setUp(answer: (asked: URLSearchParams, issuer: string) => Parameters, name?: string) {
  const forms: URLSearchParams[] = []
  const asked: URLSearchParams[] = []
  const server = await upstream(async (req, res) => {
    const body = new URLSearchParams(Buffer.concat(await req.toArray()).toString())
    if (req.method === 'POST') forms.push(body)
    const metadata = {
      issuer: name ?? server.url,
      authorization_endpoint: `${server.url}/auth`,
      token_endpoint: `${server.url}/token`,
    }
    json(res, req.method === 'POST' ? { access_token: 'a', refresh_token: 'r', expires_in: 300 } : metadata)
  })
  const browser = async (url: string) => {
    const { searchParams } = new URL(url)
    asked.push(searchParams)
    const back = new URL(searchParams.get('redirect_uri')!)
    back.search = new URLSearchParams(answer(searchParams, server.url)).toString()
    await fetch(back)
  }
  return {
    forms,
    asked,
    issuer: server.url,
    signIn: (options?: SignInOptions) => signIn(server.url, browser, options),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const good = (asked: URLSearchParams, iss: string) => ({ code: 'the-code', state: asked.get('state')!, iss })

describe('a sign-in', () => {
  it('N-1, N-2: opens the browser it is given, with PKCE, and redeems what comes back on the loopback', async () => {
    await using t = await setUp(good)
    expect(await t.signIn()).toMatchObject({ accessToken: 'a', refreshToken: 'r' })
    const [asked, form] = [Object.fromEntries(t.asked[0]!), Object.fromEntries(t.forms[0]!)]
    expect(asked).toMatchObject({ response_type: 'code', client_id: 'mobile', code_challenge_method: 'S256' })
    expect(asked['redirect_uri']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
    expect(form).toEqual({
      client_id: 'mobile',
      grant_type: 'authorization_code',
      code: 'the-code',
      redirect_uri: asked['redirect_uri'],
      code_verifier: expect.any(String),
    })
    const challenge = createHash('sha256').update(form['code_verifier']!).digest('base64url')
    expect(asked['code_challenge']).toBe(challenge)
  })

  it('N-2: has a state and a verifier of its own', async () => {
    await using t = await setUp(good)
    await t.signIn()
    await t.signIn()
    for (const name of ['state', 'code_challenge']) {
      expect(new Set(t.asked.map((asked) => asked.get(name))).size).toBe(2)
    }
  })

  it.each<[string, Parameters, string]>([
    ['of another sign-in', { state: 'another' }, 'belongs to another sign-in'],
    ['of another issuer', { iss: 'https://evil.example' }, 'comes from another issuer'],
    ['that is a refusal', { code: '', error: 'access_denied' }, 'was refused: access_denied'],
  ])('D-01: that gets an answer %s asks for no tokens', async (_, wrong, message) => {
    await using t = await setUp((asked, iss) => {
      const entries = Object.entries({ ...good(asked, iss), ...wrong }).filter(([, value]) => value !== '')
      return Object.fromEntries(entries)
    })
    await expect(t.signIn()).rejects.toThrow(message)
    expect(t.forms).toEqual([])
  })

  it.each(['state', 'iss'])('D-01: that gets an answer without %s asks for no tokens', async (missing) => {
    await using t = await setUp((asked, iss) =>
      Object.fromEntries(Object.entries(good(asked, iss)).filter(([name]) => name !== missing)),
    )
    await expect(t.signIn()).rejects.toThrow(/another/)
    expect(t.forms).toEqual([])
  })

  it('D-01: does not begin at an issuer that has another name', async () => {
    await using t = await setUp(good, 'https://evil.example')
    await expect(t.signIn()).rejects.toThrow('calls itself https://evil.example')
    await expect(discover(t.issuer)).rejects.toThrow()
    expect(t.asked).toEqual([])
  })

  it('begins at an issuer whose name ends in a slash', async () => {
    const asked: (string | undefined)[] = []
    await using server = await upstream((req, res) => {
      asked.push(req.url)
      json(res, { issuer: `${server.url}/` })
    })
    expect(await discover(`${server.url}/`)).toEqual({ issuer: `${server.url}/` })
    expect(asked).toEqual(['/.well-known/openid-configuration'])
  })

  it('N-15: asks for what a BFF wants before it goes on (RFC 9470)', async () => {
    await using t = await setUp(good)
    await t.signIn({ stepUp: { acrValues: 'urn:shop:acr:password-again', maxAge: 300 } })
    expect(Object.fromEntries(t.asked[0]!)).toMatchObject({ acr_values: 'urn:shop:acr:password-again', max_age: '300' })
  })
})
