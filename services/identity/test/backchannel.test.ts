import { describe, expect, it } from '@jest/globals'
import { type Logger, logger } from '@bff/service-kit'
import type { Config, Identity } from '../src/app.ts'
import { backchannel } from '../src/backchannel.ts'
import { Browser } from './browser.ts'
import { receiver, type Told } from './receiver.ts'
import { clientsOf, decode, startIdentity, type Tokens } from './shop.ts'
import { verified } from './verified.ts'

const lines = (): { log: Logger; written: Record<string, unknown>[] } => {
  const written: Record<string, unknown>[] = []
  const log = logger('identity', 'silent')
  const keep = (level: string) => (fields: object, msg: string) => void written.push({ level, msg, ...fields })
  Object.assign(log, { info: keep('info'), warn: keep('warn'), error: keep('error') })
  return { log, written }
}

async function setUp(webBackchannel: string, more: Partial<Config> = {}) {
  const identity: Identity = await startIdentity({ webBackchannel, ...more })
  const issuer = `http://localhost:${identity.port}`
  const browser = new Browser()
  const clients = clientsOf(issuer)
  return {
    issuer,
    browser,
    clients,
    signOut: async () => browser.submit(await browser.follow(`${issuer}/session/end`), { logout: 'yes' }),
    [Symbol.asyncDispose]: () => identity[Symbol.asyncDispose](),
  }
}

describe('back-channel logout', () => {
  it('tells web-bff at once, in a token that holds, which session is over', async () => {
    await using web = await receiver(200)
    await using t = await setUp(web.url)
    const tokens: Tokens = await t.clients.signIn('web', t.browser)
    const started = performance.now()
    const page = await t.signOut()
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('<h1>Signed out</h1>')])
    expect(web.told).toHaveLength(1)
    const [{ token, type, at }] = web.told as [Told]
    expect(at - started).toBeLessThan(1_000)
    expect(type).toBe('application/x-www-form-urlencoded')

    // OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6.
    const claims = await verified(token, t.issuer)
    expect(decode(token)[0]).toMatchObject({ typ: 'logout+jwt', alg: 'RS256' })
    expect(claims).toEqual({
      iss: t.issuer,
      aud: 'web',
      sub: 'cus_ada',
      sid: decode(tokens['id_token']!)[1]!['sid'],
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(120)
    expect(Math.abs(Number(claims['iat']) - Date.now() / 1_000)).toBeLessThan(30)
  })

  it('says the same session in ID tokens and access tokens', async () => {
    await using web = await receiver(200)
    await using t = await setUp(web.url)
    for (const client of ['web', 'mobile'] as const) {
      const tokens = await t.clients.signIn(client, t.browser)
      const [id, access] = [decode(tokens['id_token']!)[1]!, decode(tokens['access_token']!)[1]!]
      expect(id['sid']).toEqual(expect.any(String))
      expect(access['sid']).toBe(id['sid'])
    }
  })

  it('tells nobody of a person who was never there', async () => {
    await using web = await receiver(200)
    await using t = await setUp(web.url)
    await t.clients.signIn('mobile', t.browser)
    await t.signOut()
    expect(web.told).toEqual([])
  })

  it('tells web-bff that one person is gone when another signs in', async () => {
    await using web = await receiver(200)
    await using t = await setUp(web.url)
    await t.clients.signIn('web', t.browser)
    const page = await t.browser.follow(t.clients.authorization('web', { prompt: 'login' }))
    const left = await t.browser.submit(page, { login: 'grace@shop.example', password: 'hopper-1906' })
    // The provider's page submits this form by script.
    await t.browser.submit(left, {})
    expect(web.told).toHaveLength(1)
    expect(await verified(web.told[0]!.token, t.issuer)).toMatchObject({ sub: 'cus_ada', aud: 'web' })
  })

  it('tries again what failed, with the same token, and the person does not wait for it', async () => {
    await using web = await receiver(503, 200)
    const { log, written } = lines()
    await using t = await setUp(web.url, { log })
    await t.clients.signIn('web', t.browser)
    expect((await t.signOut()).text).toContain('<h1>Signed out</h1>')
    await web.until(2)
    expect(web.told[1]!.token).toBe(web.told[0]!.token)
    expect(written.filter(({ msg }) => String(msg).includes('could not notify'))).toMatchObject([
      { level: 'warn', clientId: 'web', sub: 'cus_ada' },
    ])
  })

  it.each([
    ['is not there', 'http://127.0.0.1:1/bff/backchannel'],
    ['is not to be found', 'http://nowhere.invalid/bff/backchannel'],
  ])('signs out of identity all the same when web-bff %s', async (_case, url) => {
    await using t = await setUp(url)
    const { refresh_token: token } = await t.clients.signIn('web', t.browser)
    expect((await t.signOut()).text).toContain('<h1>Signed out</h1>')
    expect((await t.clients.refresh('web', token!)).status).toBe(400)
  })
})

describe('a message that fails', () => {
  const init = { method: 'POST', body: new URLSearchParams({ logout_token: 'x' }) }

  it('is sent again until it arrives, with pauses', async () => {
    await using web = await receiver(500, 429, 502, 200)
    const { log, written } = lines()
    await using channel = backchannel({ log, pauses: [1, 1, 1, 1] })
    await expect(channel.send(web.url, init)).rejects.toThrow('answered 500')
    await web.until(4)
    while (!written.some(({ level }) => level === 'info')) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(written.map(({ level }) => level)).toEqual(['warn', 'warn', 'info'])
  })

  it('is given up with one line that says so', async () => {
    await using web = await receiver(500)
    const { log, written } = lines()
    await using channel = backchannel({ log, pauses: [1] })
    await expect(channel.send(web.url, init)).rejects.toThrow('answered 500')
    while (written.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(written).toMatchObject([
      { level: 'warn', url: web.url },
      { level: 'error', url: web.url, msg: 'gave up notifying a client of a sign-out' },
    ])
    expect(web.told).toHaveLength(2)
  })

  it('is not sent again once it was understood and refused', async () => {
    await using web = await receiver(400)
    const { log } = lines()
    await using channel = backchannel({ log, pauses: [1] })
    expect((await channel.send(web.url, init)).status).toBe(400)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(web.told).toHaveLength(1)
  })

  it('does not hold whoever signs out when nobody answers', async () => {
    await using web = await receiver(0)
    const { log } = lines()
    await using channel = backchannel({ log, pauses: [60_000] })
    await expect(channel.send(web.url, init)).rejects.toMatchObject({ name: 'TimeoutError' })
  })
})
