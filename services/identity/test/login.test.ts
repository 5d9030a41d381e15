import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Identity } from '../src/app.ts'
import { Browser } from './browser.ts'
import { clientsOf, logIn, startIdentity } from './shop.ts'

let identity: Identity
let clients: ReturnType<typeof clientsOf>

beforeAll(async () => {
  identity = await startIdentity({ trustedProxies: ['127.0.0.1', '::1'] })
  clients = clientsOf(`http://localhost:${identity.port}`)
})
afterAll(async () => identity[Symbol.asyncDispose]())

const safari = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'

describe('the login page', () => {
  it('N-1: is not shown inside of an app, which is told what to do instead', async () => {
    const browser = new Browser({ 'user-agent': `${safari} Mobile/15E148` })
    const page = await browser.follow(clients.authorization('mobile'))
    expect([page.status, page.text]).toEqual([403, expect.stringContaining('<h1>Open this in your browser</h1>')])
    expect(page.text).not.toContain('<form')
    const own = new Browser({ 'user-agent': `${safari} Version/18.0 Mobile/15E148 Safari/604.1` })
    expect((await own.follow(clients.authorization('mobile'))).status).toBe(200)
  })

  it('N-1: takes no password from inside of an app either', async () => {
    const headers: Record<string, string> = {}
    const browser = new Browser(headers)
    const page = await browser.follow(clients.authorization('mobile'))
    headers['user-agent'] = 'Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) AppleWebKit/537.36 Version/4.0 Chrome/130.0'
    expect((await logIn(browser, page)).status).toBe(403)
  })

  it('S-18: is in no frame, nor is any other page', async () => {
    const browser = new Browser()
    const login = await browser.follow(clients.authorization('web'))
    const failed = await browser.follow(clients.authorization('web', { redirect_uri: 'x' }))
    await logIn(browser, login)
    const signOut = await browser.follow(`${new URL(login.url).origin}/session/end`)
    for (const { headers, text } of [login, failed, signOut]) {
      expect(text).toContain('<h1>')
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('x-frame-options')).toBe('DENY')
    }
  })

  it.each(['cross-site', 'same-site', 'none'])('takes no form that comes %s', async (site) => {
    const headers: Record<string, string> = {}
    const browser = new Browser(headers)
    const page = await browser.follow(clients.authorization('web'))
    headers['sec-fetch-site'] = site
    const refused = await logIn(browser, page)
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('Sign-in blocked')])
    headers['sec-fetch-site'] = 'same-origin'
    expect((await logIn(browser, page)).url).toContain('?code=')
  })
})

describe('the session', () => {
  it('is kept, on https, in a cookie that no neighbour can plant', async () => {
    await using secure = await startIdentity({ issuer: 'https://id.example' })
    const here = `http://localhost:${secure.port}`
    /** Acts as the TLS-terminating proxy: sends the request here, whatever the URL says. */
    const jar = new Map<string, string>()
    const set: string[] = []
    const open = async (address: string, init: RequestInit = {}): Promise<Response> => {
      const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
      const to = new URL(address, here)
      const answer = await fetch(here + to.pathname + to.search, { ...init, headers: { cookie }, redirect: 'manual' })
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line)!
        jar.set(name, value)
        set.push(line)
      }
      return answer
    }
    const page = await open((await open(clients.authorization('web'))).headers.get('location')!)
    const action = /action="([^"]*)"/.exec(await page.text())![1]!
    const body = new URLSearchParams({ login: 'ada@shop.example', password: 'lovelace-1815' })
    const resume = (await open(action, { method: 'POST', body })).headers.get('location')!
    expect(resume).toContain('https://id.example/auth/')
    await open(resume)
    const session = set.filter((line) => line.startsWith('__Host-identity_session'))
    expect(session.length).toBeGreaterThan(0)
    for (const line of session) {
      expect(line).toMatch(/; path=\/;/)
      expect(line).not.toMatch(/domain=/i)
    }
    for (const line of set) expect(line).toMatch(/; samesite=lax; secure; httponly/i)
  })
})

describe('guessing', () => {
  /** Makes `times` wrong tries; returns the statuses. */
  async function guess(times: number, address: (nth: number) => string, login: (nth: number) => string) {
    const headers: Record<string, string> = {}
    const browser = new Browser(headers)
    const page = await browser.follow(clients.authorization('web'))
    const pages = []
    for (let nth = 0; nth < times; nth++) {
      headers['x-forwarded-for'] = address(nth)
      pages.push(await browser.submit(page, { login: login(nth), password: `guess-${nth}` }))
    }
    return { browser, headers, page, pages, statuses: pages.map(({ status }) => status) }
  }

  it('one login from one address ends after five, with a page that says how long', async () => {
    const { browser, page, pages, statuses } = await guess(
      6,
      () => '192.0.2.1',
      () => 'grace@shop.example',
    )
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
    expect(pages[5]!.text).toMatch(/Too many attempts\. Wait (?:2\d|30) seconds\./)
    expect(Number(pages[5]!.headers.get('retry-after'))).toBeGreaterThan(0)
    // Refused even with the right password, so that a guesser does not learn that it is right.
    const right = await browser.submit(page, { login: 'Grace@shop.example ', password: 'hopper-1906' })
    expect(right.status).toBe(429)
  })

  it('five at once are five', async () => {
    const browser = new Browser({ 'x-forwarded-for': '192.0.2.2' })
    const page = await browser.follow(clients.authorization('web'))
    const tries = Array.from({ length: 20 }, (_, nth) =>
      browser.submit(page, { login: 'alan@shop.example', password: `guess-${nth}` }),
    )
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(15)
  })

  it('does not keep the person out, who is elsewhere', async () => {
    await guess(
      8,
      () => '192.0.2.3',
      () => 'ada@shop.example',
    )
    const browser = new Browser({ 'x-forwarded-for': '198.51.100.1' })
    expect((await logIn(browser, await browser.follow(clients.authorization('web')))).url).toContain('?code=')
  })

  it('many logins from one address ends too, and what a client says of its address counts only from a proxy', async () => {
    const start = performance.now()
    const { statuses } = await guess(
      60,
      (nth) => `203.0.113.${nth}, 192.0.2.4`,
      (nth) => `person-${nth}@shop.example`,
    )
    expect(statuses.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 401))
    // One more every five seconds, which may have passed on a slow machine.
    const more = Math.ceil((performance.now() - start) / 5_000)
    expect(statuses.slice(50).filter((status) => status !== 429).length).toBeLessThanOrEqual(more)
    expect(statuses.slice(50)).toContain(429)
  })

  it('is none when twenty browsers sign in at once', async () => {
    const signIns = Array.from({ length: 20 }, async () => {
      const browser = new Browser({ 'x-forwarded-for': '192.0.2.6' })
      return logIn(browser, await browser.follow(clients.authorization('web')))
    })
    for (const { url } of await Promise.all(signIns)) expect(url).toContain('?code=')
  })

  it('a right password costs nothing', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.5' }
    for (let times = 0; times < 12; times++) {
      const browser = new Browser(headers)
      expect((await logIn(browser, await browser.follow(clients.authorization('web')))).url).toContain('?code=')
    }
  })
})
