import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { tokenVerifier } from '@bff/gateway-core/token'
import type { Running } from '@bff/service-kit'
import { people } from '../src/data.ts'
import { signingKey } from '../src/keys.ts'
import { acr } from '../src/proof.ts'
import { Browser } from './browser.ts'
import { app, clientsOf, decode, failure, logIn, startIdentity, type Tokens, web } from './shop.ts'

const printed = [jest.spyOn(console, 'warn'), jest.spyOn(console, 'info'), jest.spyOn(console, 'error')]

let identity: Running
let issuer: string
let clients: ReturnType<typeof clientsOf>

beforeAll(async () => {
  identity = await startIdentity()
  issuer = `http://localhost:${identity.port}`
  clients = clientsOf(issuer)
})

afterAll(async () => identity[Symbol.asyncDispose]())

describe('discovery', () => {
  it.each([
    ['its own name', {}],
    ['names a request makes up', { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }],
  ])('gives addresses on the issuer, asked by %s', async (_case, headers) => {
    const answer = await fetch(`${identity.url}/.well-known/openid-configuration`, { headers })
    const found = (await answer.json()) as Record<string, unknown>
    expect(found).toMatchObject({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      revocation_endpoint: `${issuer}/token/revocation`,
      end_session_endpoint: `${issuer}/session/end`,
      jwks_uri: `${issuer}/jwks`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt', 'none'],
      pushed_authorization_request_endpoint: `${issuer}/request`,
      grant_types_supported: ['authorization_code', 'refresh_token'],
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
      acr_values_supported: [acr.password, acr.again],
      authorization_response_iss_parameter_supported: true,
    })
    expect(Object.keys(found).join(' ')).not.toMatch(/introspection|registration|userinfo_endpoint/)
  })

  it('shows public keys only, of this process or as handed in', async () => {
    const given = await Promise.all([signingKey(), signingKey()])
    await using other = await startIdentity({ keys: given, issuer: 'https://id.example' })
    const { keys } = (await (await fetch(`${other.url}/jwks`)).json()) as { keys: Record<string, unknown>[] }
    const shown = given.map(({ n }) => ({
      kty: 'RSA',
      use: 'sig',
      alg: 'RS256',
      e: 'AQAB',
      n,
      kid: expect.any(String),
    }))
    expect(keys).toEqual(shown)
    const found = await fetch(`${other.url}/.well-known/openid-configuration`)
    expect(await found.json()).toMatchObject({ issuer: 'https://id.example', jwks_uri: 'https://id.example/jwks' })
  })
})

describe('a sign-in', () => {
  it('N-4: gets the app, on whatever port it waits, tokens for the shop', async () => {
    const browser = new Browser()
    const page = await browser.follow(clients.authorization('mobile'))
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('to continue to the Lagom app')])
    const answer = await logIn(browser, page)
    const { origin, pathname, searchParams } = new URL(answer.url)
    expect(origin + pathname).toBe(app)
    expect(searchParams.get('state')).toBe('state-of-this-login')
    expect(searchParams.get('iss')).toBe(issuer)

    const response = await clients.redeem('mobile', answer)
    const tokens = (await response.json()) as Tokens
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 300, refresh_token: expect.any(String) })
    expect(decode(tokens['access_token']!)[0]).toMatchObject({ alg: 'RS256', typ: 'at+jwt' })
    const claims = await tokenVerifier({ issuer, audience: 'urn:shop' })(tokens['access_token']!)
    expect(claims).toMatchObject({ sub: 'cus_ada', aud: 'urn:shop', scope: 'shop', client_id: 'mobile' })
    expect(claims.exp - claims.iat).toBe(300)
    expect(decode(tokens['id_token']!)[1]).toMatchObject({
      sub: 'cus_ada',
      aud: 'mobile',
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      preferred_username: 'ada',
      email: 'ada@shop.example',
    })
  })

  it("comes back to the app's own scheme too", async () => {
    const browser = new Browser()
    const page = await browser.follow(
      clients.authorization('mobile', { redirect_uri: 'shop.example.app:/callback', resource: 'urn:shop' }),
    )
    expect((await logIn(browser, page)).url).toMatch(/^shop\.example\.app:\/callback\?code=/)
  })

  it('gets web-bff the same, once it shows its secret', async () => {
    const browser = new Browser()
    const answer = await logIn(browser, await browser.follow(clients.authorization('web')), people[1])
    expect(answer.url).toMatch(/^http:\/\/localhost:5173\/bff\/callback\?code=/)
    expect(await failure(await clients.redeem('web', answer, {}, 'another-secret'))).toEqual([401, 'invalid_client'])
    const tokens = (await (await clients.redeem('web', answer)).json()) as Tokens
    expect(decode(tokens['access_token']!)[1]).toMatchObject({ sub: 'cus_grace', scope: 'shop', client_id: 'web' })
    expect(tokens['refresh_token']).toEqual(expect.any(String))
  })

  it('N-6: asks a browser once for web-bff, and every time for an app, which anyone can pretend to be', async () => {
    const browser = new Browser()
    await clients.signIn('web', browser)
    expect((await browser.follow(clients.authorization('web'))).url).toContain(`${web}/bff/callback?code=`)
    for (const prompt of ['consent', undefined]) {
      const page = await browser.follow(clients.authorization('mobile', { prompt }))
      expect(page.text).toContain('<h1>Sign in</h1>')
    }
    const silent = await browser.follow(clients.authorization('mobile', { prompt: 'none' }))
    expect(new URL(silent.url).searchParams.get('error')).toBe('login_required')
  })

  it('is not for scripts of a page, whichever it is', async () => {
    for (const origin of [web, 'http://127.0.0.1']) {
      const body = new URLSearchParams({ client_id: 'mobile', grant_type: 'authorization_code', code: 'x' })
      const answer = await fetch(`${issuer}/token`, { method: 'POST', body, headers: { origin } })
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([400, null])
    }
  })

  it('D-01: redeems a code once, and only with the verifier it was made for', async () => {
    const browser = new Browser()
    const begin = async () => logIn(browser, await browser.follow(clients.authorization('mobile')))
    const other = { code_verifier: 'x'.repeat(43) }
    expect(await failure(await clients.redeem('mobile', await begin(), other))).toEqual([400, 'invalid_grant'])
    const answer = await begin()
    expect((await clients.redeem('mobile', answer)).status).toBe(200)
    expect(await failure(await clients.redeem('mobile', answer))).toEqual([400, 'invalid_grant'])
  })
})

describe('the login page', () => {
  it('says what was wrong, keeps the login as text, and can be tried again', async () => {
    const browser = new Browser()
    const page = await browser.follow(clients.authorization('mobile'))
    expect(page.text).not.toContain('role="alert"')
    for (const fields of [
      { login: 'ada@shop.example', password: 'wrong' },
      { login: '"><script>alert(1)</script>', password: 'lovelace-1815' },
      {},
    ] as Record<string, string>[]) {
      const refused = await browser.submit(page, fields)
      expect([refused.status, refused.url]).toEqual([401, page.url])
      expect(refused.text).toContain('role="alert"')
      expect(refused.text).not.toContain('<script')
    }
    const kept = await browser.submit(page, { login: 'ada@shop.example', password: 'wrong' })
    expect(kept.text).toContain('value="ada@shop.example"')
    expect((await logIn(browser, kept)).url).toContain('?code=')
  })

  it('shows who can sign in, and the login that was hinted at', async () => {
    const page = await new Browser().follow(clients.authorization('web', { login_hint: 'alan@shop.example' }))
    for (const { email, password } of people) {
      expect(page.text).toContain(`<dt>${email}</dt>`)
      expect(page.text).toContain(`<dd>${password}</dd>`)
    }
    expect(page.text).toContain('value="alan@shop.example"')
  })

  it('needs nothing from elsewhere, runs nothing, and leads nowhere but to the clients', async () => {
    const { text, headers } = await new Browser().follow(clients.authorization('web'))
    expect(text).not.toMatch(/<script|(?:src|href)="(?:https?:)?\/\/|style="|\son\w+="/)
    const policy = headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("base-uri 'none'")
    expect(policy).toContain(`form-action 'self' ${web};`)
    const style = /<style>([\s\S]*)<\/style>/.exec(text)![1]!
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(style))).toString('base64')
    expect(policy).toContain(`style-src 'sha256-${hash}'`)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('is remembered by cookies that are signed, and that no script reads', async () => {
    const answer = await fetch(clients.authorization('web'), { redirect: 'manual' })
    const cookies = answer.headers.getSetCookie()
    const names = cookies.map((cookie) => cookie.split('=', 1)[0])
    expect(names).toEqual(expect.arrayContaining(['identity_login', 'identity_login.sig', 'identity_resume.sig']))
    for (const cookie of cookies) expect(cookie).toMatch(/; samesite=lax; httponly$/i)
  })

  it('can be left', async () => {
    const browser = new Browser()
    const page = await browser.follow(clients.authorization('web'))
    const answer = await browser.follow(new URL(/<a href="([^"]*)"/.exec(page.text)![1]!, page.url).href)
    const { searchParams } = new URL(answer.url)
    expect(answer.url).toContain(`${web}/bff/callback?`)
    expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['access_denied', null])
    expect(searchParams.get('state')).toBe('state-of-this-login')
  })

  it('is of use only in the browser that began, and takes no more than a login', async () => {
    const browser = new Browser()
    const page = await browser.follow(clients.authorization('web'))
    const stranger = await logIn(new Browser(), page)
    expect([stranger.status, stranger.text]).toEqual([400, expect.stringContaining('This sign-in has expired')])
    expect((await browser.submit(page, { login: 'x'.repeat(5_000) })).status).toBe(413)
    expect((await logIn(browser, page)).url).toContain('?code=')
  })
})

describe('an authorization request', () => {
  it.each([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['for a token without a code', { response_type: 'token' }, 'unsupported_response_type'],
    ['for another API', { resource: 'urn:bank' }, 'invalid_target'],
  ])('S-5, S-10, D-01: %s is refused, of both clients', async (_case, more, error) => {
    for (const client of ['web', 'mobile'] as const) {
      const { url } = await new Browser().follow(clients.authorization(client, more))
      const answer = new URL(url.replace('#', '?'))
      expect([answer.searchParams.get('error'), answer.searchParams.get('code')]).toEqual([error, null])
    }
  })

  it.each([
    ['web', 'http://evil.example/bff/callback'],
    ['web', `${web}/bff/callback/other`],
    ['web', 'http://localhost:5174/bff/callback'],
    ['mobile', 'http://127.0.0.1:50123/other'],
    ['mobile', 'http://localhost:50123/callback'],
    ['mobile', 'http://127.0.0.1.evil.example:50123/callback'],
    ['mobile', 'http://user@127.0.0.1:50123/callback'],
    ['mobile', 'shop.example.app:/callback/other'],
    ['mobile', `${web}/bff/callback`],
  ] as const)('S-1: that would lead %s to %s leads nowhere', async (client, redirect_uri) => {
    const page = await new Browser().follow(clients.authorization(client, { redirect_uri }))
    expect([page.status, page.url.startsWith(issuer)]).toEqual([400, true])
    expect(page.text).toContain('<h1>Something went wrong</h1>')
  })
})

describe('signing out', () => {
  const endSession = (more: Record<string, string> = {}) =>
    `${issuer}/session/end?${new URLSearchParams({ client_id: 'web', post_logout_redirect_uri: `${web}/`, ...more })}`

  it('asks, ends the session and what web-bff holds of it, and leads back', async () => {
    const browser = new Browser()
    const { refresh_token: token } = await clients.signIn('web', browser)
    const page = await browser.follow(endSession({ state: 'bye' }))
    expect(page.text).toContain('You are signed in as Ada Lovelace.')
    expect((await clients.refresh('web', token!)).status).toBe(200)
    expect((await browser.submit(page, { logout: 'yes' })).url).toBe(`${web}/?state=bye`)
    expect(await failure(await clients.refresh('web', token!))).toEqual([400, 'invalid_grant'])
    expect((await browser.follow(clients.authorization('web'))).text).toContain('<h1>Sign in</h1>')
  })

  it('does not ask an app that names the session, and asks whoever does not', async () => {
    const browser = new Browser()
    const { id_token: token = '' } = await clients.signIn('web', browser)
    const sid = String(decode(token)[1]!['sid'])
    for (const hint of [undefined, '', 'cus_ada', `${sid}x`]) {
      const page = await browser.follow(endSession(hint === undefined ? {} : { logout_hint: hint }))
      expect(page.text).toContain('<h1>Sign out?</h1>')
      expect(page.text).not.toContain('<script')
    }
    const page = await browser.follow(endSession({ logout_hint: sid }))
    expect(page.text).toContain('<h1>Signing out</h1>')
    const [, script = ''] = /<script>([^<]*)<\/script>/.exec(page.text) ?? []
    const hash = createHash('sha256').update(script).digest('base64')
    expect(page.headers.get('content-security-policy')).toContain(`script-src 'sha256-${hash}'`)
    expect((await browser.submit(page, { logout: 'yes' })).url).toBe(`${web}/`)
  })

  it('says so where nobody waits', async () => {
    const browser = new Browser()
    await clients.signIn('web', browser)
    const page = await browser.submit(await browser.follow(`${issuer}/session/end`), { logout: 'yes' })
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('<h1>Signed out</h1>')])
  })

  it('S-1: leads to no address that is not registered, and takes no button but its own', async () => {
    const browser = new Browser()
    const { refresh_token: token } = await clients.signIn('web', browser)
    const lured = await browser.follow(endSession({ post_logout_redirect_uri: 'http://evil.example/' }))
    expect([lured.status, lured.text]).toEqual([400, expect.stringContaining('not registered')])
    await browser.follow(endSession())
    const body = new URLSearchParams({ xsrf: 'guessed', logout: 'yes' })
    expect((await browser.follow(`${issuer}/session/end/confirm`, { method: 'POST', body })).status).toBe(400)
    expect((await clients.refresh('web', token!)).status).toBe(200)
  })
})

it('does not start as nobody could use it', async () => {
  await expect(startIdentity({ webOrigins: ['nowhere'] })).rejects.toThrow('invalid_client_metadata')
})

it('prints nothing past the log', () => {
  // In another realm, such as Jest's, the provider cannot see fetch's dispatcher.
  const lines = printed.flatMap((spy) => spy.mock.calls.flat()).filter((line) => !String(line).includes('SSRF'))
  expect(lines).toEqual([])
})
