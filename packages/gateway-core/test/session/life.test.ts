import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { memoryStore, type Store } from '../../src/state.ts'
import { type Browser, browser } from '../browser.ts'
import { ACCESS_TTL } from '../oidc.ts'
import { wire } from '../raw.ts'
import { SID, type WebApp, webApp } from '../web-app.ts'

const MINUTE = 60_000
let now = Date.now()
let web: WebApp

beforeAll(async () => (web = await webApp({ clock: () => now })))
afterEach(() => {
  now = Date.now()
  web.idp.cut = false
})
afterAll(() => web[Symbol.asyncDispose]())

interface Told {
  readonly authenticated: boolean
  readonly expiresAt: string
  readonly idleExpiresAt: string
}

const told = async (someone: Browser, app = web): Promise<Told> =>
  (await (await app.ask(someone, '/bff/session')).json()) as Told
const idleEnd = async (someone: Browser): Promise<number> => Date.parse((await told(someone)).idleExpiresAt)
const tokenRequests = (app = web): number => app.idp.requests.get('/token') ?? 0

describe('/bff/session', () => {
  it('B-19: is an answer, never a redirect, not kept anywhere, and keeps nothing alive', async () => {
    const someone = await web.signIn()
    const end = await idleEnd(someone)
    for (let nth = 0; nth < 29; nth += 1) {
      now += MINUTE
      const answer = await web.ask(someone, '/bff/session')
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
      expect(Date.parse(((await answer.json()) as Told).idleExpiresAt)).toBe(end)
    }
    now = end
    const anonymous = await web.ask(someone, '/bff/session')
    expect([anonymous.status, anonymous.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(await anonymous.json()).toEqual({ authenticated: false })
  })

  it.each(['GET /bff/session', 'GET /bff/sessions', 'DELETE /bff/sessions/x'])(
    'S-17: a body of %s is not the next request',
    async (first) => {
      await using line = await wire(web.url)
      const inner = 'GET /inner HTTP/1.1\r\nhost: x\r\n\r\n'
      line.write(`${first} HTTP/1.1\r\nhost: x\r\nx-csrf: 1\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`)
      line.write('GET /bff/session HTTP/1.1\r\nhost: x\r\nx-csrf: 1\r\nconnection: close\r\n\r\n')
      const answers = (await line.closed()).split(/(?=HTTP\/1.1 \d)/)
      expect(answers.length).toBeLessThanOrEqual(2)
      // What the inner one would get.
      expect(answers.join('')).not.toContain('route-not-found')
    },
  )
})

describe('a session', () => {
  it.each([
    ['a request of the person', {}, true],
    ['a poll', { 'x-background': '1' }, false],
    ['an EventSource that connects again', { 'last-event-id': '7' }, false],
    ['a browser that looks ahead', { 'sec-purpose': 'prefetch' }, false],
  ])('lives on by %s with %o: %s', async (_, headers, lives) => {
    const someone = await web.signIn()
    const end = await idleEnd(someone)
    now += 10 * MINUTE
    expect((await web.ask(someone, '/api/things', { headers: headers as Record<string, string> })).status).toBe(200)
    expect((await idleEnd(someone)) - end).toBe(lives ? 10 * MINUTE : 0)
  })

  it('lives on by no event of a stream that was opened before', async () => {
    const someone = await web.signIn()
    const stream = await web.ask(someone, '/api/files/events')
    const end = await idleEnd(someone)
    now += 5 * MINUTE
    expect(await stream.text()).toBe('data: 1\n\n')
    expect(await idleEnd(someone)).toBe(end)
  })

  it('is refreshed by a poll too, and lives no longer for it', async () => {
    const someone = await web.signIn()
    const end = await idleEnd(someone)
    now += ACCESS_TTL
    const before = tokenRequests()
    expect((await web.ask(someone, '/api/things', { headers: { 'x-background': '1' } })).status).toBe(200)
    expect(tokenRequests() - before).toBe(1)
    expect(await idleEnd(someone)).toBe(end)
  })

  it('tells both of its ends, of which the later never moves', async () => {
    const someone = await web.signIn()
    const begun = now
    expect(Date.parse((await told(someone)).expiresAt)).toBe(begun + 720 * MINUTE)
    now += 29 * MINUTE
    await web.ask(someone, '/api/things')
    expect(await told(someone)).toMatchObject({
      expiresAt: new Date(begun + 720 * MINUTE).toISOString(),
      idleExpiresAt: new Date(now + 30 * MINUTE).toISOString(),
    })
  })

  it('B-21: ends no later than its refresh token, and each new one moves that end', async () => {
    await using short = await webApp({ clock: () => now, session: { lifetimes: { refresh: 20 * MINUTE } } })
    const someone = await short.signIn()
    const end = now + 20 * MINUTE
    expect(Date.parse((await told(someone, short)).expiresAt)).toBe(end)
    expect(Date.parse((await told(someone, short)).idleExpiresAt)).toBe(end)
    now += ACCESS_TTL
    expect((await short.ask(someone, '/api/things')).status).toBe(200)
    expect(Date.parse((await told(someone, short)).expiresAt)).toBe(now + 20 * MINUTE)
    now += 20 * MINUTE
    expect((await short.ask(someone, '/api/things')).status).toBe(401)
    expect(await told(someone, short)).toEqual({ authenticated: false })
  })

  it('B-22: ends with its refresh token: 401, the cookie taken back, and anonymous from then on', async () => {
    const someone = await web.signIn()
    const first = web.cookies(someone).get(SID)!
    web.cookies(someone).delete(SID)
    // Of the same grant, which a sign-out withdraws.
    await web.signIn(someone)
    expect((await web.ask(someone, '/bff/logout', { method: 'POST' })).status).toBe(200)
    web.cookies(someone).set(SID, first)
    expect((await web.ask(someone, '/api/things')).status).toBe(200)
    now += ACCESS_TTL
    const before = tokenRequests()
    const answers = await Promise.all(Array.from({ length: 10 }, () => web.ask(someone, '/api/things')))
    for (const answer of answers) {
      expect(answer.status).toBe(401)
      expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-Http-sid=;.*Max-Age=0$/)])
    }
    expect(tokenRequests() - before).toBe(1)
    expect(web.cookies(someone).get(SID)).toBeUndefined()
    web.cookies(someone).set(SID, first)
    expect(await told(someone)).toEqual({ authenticated: false })
  })

  it('B-18: puts its token in the place of whatever came, and no cookie goes on', async () => {
    const someone = await web.signIn()
    await web.ask(someone, '/api/files/a', { headers: { authorization: 'Bearer mine', 'x-user-id': 'root' } })
    const { headers, rawHeaders } = web.behind.seen.at(-1)!
    expect(headers.authorization).toMatch(/^Bearer eyJ/)
    expect(rawHeaders.filter((name) => /^authorization$/i.test(name))).toHaveLength(1)
    expect(headers).not.toHaveProperty('cookie')
    expect(JSON.stringify(headers)).not.toContain(web.cookies(someone).get(SID))
  })
})

describe('what a browser, a log or a store ever sees', () => {
  it('B-25: is no token, of whatever kind, and no id', async () => {
    const memory = memoryStore({ clock: () => now })
    const written: string[] = []
    const store: Store = {
      ...memory,
      set: (...given) => {
        written.push(...given.slice(0, 2).map(String))
        return memory.set(...given)
      },
      add: (...given) => {
        written.push(...given.slice(0, 2).map(String))
        return memory.add(...given)
      },
    }
    await using app = await webApp({ store, clock: () => now })
    const someone = browser()
    const seen: string[] = []
    const see = async (answer: Response): Promise<void> => {
      seen.push(JSON.stringify([...answer.headers]), await answer.text())
    }
    await see(await app.ask(someone, '/api/visitor?data=a', { method: 'PUT' }))
    const guest = app.cookies(someone).get(SID)!
    await see(await someone.request(await someone.follow(`${app.url}/bff/login`, `${app.url}/bff/callback`)))
    const sid = app.cookies(someone).get(SID)!
    for (const path of ['/bff/session', '/bff/sessions', '/api/things', '/api/files/a', '/api/visitor', '/nowhere']) {
      await see(await app.ask(someone, path))
    }
    const token = app.behind.seen[0]!.headers.authorization!.slice('Bearer '.length)
    now += ACCESS_TTL
    app.idp.cut = true
    await see(await app.ask(someone, '/api/things'))
    app.idp.cut = false
    await see(await app.ask(someone, '/api/things'))
    await see(await app.ask(someone, '/bff/logout', { method: 'POST' }))
    const [told, kept] = [[...seen, ...app.lines].join('\n'), written.join('\n')]
    const opened =
      kept +
      written
        .flatMap((text) => text.split('.'))
        .map((part) => Buffer.from(part, 'base64url').toString('latin1'))
        .join('\n')
    for (const secret of [token, token.split('.')[1]!, guest]) {
      expect(told.replaceAll(`__Host-Http-sid=${guest}`, '')).not.toContain(secret)
      expect(opened).not.toContain(secret)
    }
    // The one line that sets it.
    expect(told.split(sid)).toHaveLength(2)
    expect(opened).not.toContain(sid)
    expect(told + opened).not.toMatch(/eyJ|"access_token|"refresh_token|"id_token/)
    expect(opened).not.toMatch(/someone/)
  })
})

describe('an id', () => {
  const visitorData = async (someone: Browser) => (await web.ask(someone, '/api/visitor')).json()
  const keep = (someone: Browser, data: string) => web.ask(someone, `/api/visitor?data=${data}`, { method: 'PUT' })

  it('K-03: that a browser brings along is never taken over, neither by a login nor by what is kept of a visitor', async () => {
    const planted = 'A'.repeat(43)
    for (const begin of [(someone: Browser) => keep(someone, 'x'), (someone: Browser) => web.signIn(someone)]) {
      const victim = browser()
      web.cookies(victim).set(SID, planted)
      await begin(victim)
      expect(web.cookies(victim).get(SID)).toMatch(/^(?!A{43})[\w-]{43}$/)
      const thief = browser()
      web.cookies(thief).set(SID, planted)
      expect((await web.ask(thief, '/api/things')).status).toBe(401)
    }
  })

  it('K-03, C-7: is another after a login, even when browsers leave the old one out of its end, and what was kept comes along', async () => {
    const someone = browser()
    await keep(someone, 'basket')
    const guest = web.cookies(someone).get(SID)!
    expect(await told(someone)).toEqual({ authenticated: false })
    expect(web.cookies(someone).get(SID)).toBe(guest)
    expect((await web.ask(someone, '/api/things')).status).toBe(401)
    const callback = await someone.follow(`${web.url}/bff/login`, `${web.url}/bff/callback`)
    // Strict: the way back begins at the provider's site.
    web.cookies(someone).delete(SID)
    expect((await someone.request(callback)).status).toBe(303)
    const signedIn = web.cookies(someone).get(SID)
    expect(signedIn).not.toBe(guest)
    expect(await visitorData(someone)).toBe('basket')
    const thief = browser()
    web.cookies(thief).set(SID, guest)
    expect(await visitorData(thief)).toBeNull()
    expect((await web.ask(thief, '/api/things')).status).toBe(401)
  })

  it('K-03: is another after a second login and after a renewal, and the old one is dead at once', async () => {
    const someone = await web.signIn()
    await keep(someone, 'mine')
    const ids = [web.cookies(someone).get(SID)!]
    await web.signIn(someone)
    ids.push(web.cookies(someone).get(SID)!)
    await web.ask(someone, '/api/visitor', { method: 'POST' })
    ids.push(web.cookies(someone).get(SID)!)
    expect(new Set(ids).size).toBe(3)
    expect(await visitorData(someone)).toBe('mine')
    expect((await web.ask(someone, '/api/things')).status).toBe(200)
    for (const id of ids.slice(0, 2)) {
      const thief = browser()
      web.cookies(thief).set(SID, id)
      expect((await web.ask(thief, '/api/things')).status).toBe(401)
    }
  })

  it('leads to nothing of another person who signs in at the same browser, nor to anything after a sign-out', async () => {
    const someone = await web.signIn()
    await keep(someone, 'private')
    web.idp.person = 'another'
    // Also of the provider: its own cookies are not there.
    const fresh = browser()
    web.cookies(fresh).set(SID, web.cookies(someone).get(SID)!)
    await web.signIn(fresh)
    web.idp.person = 'someone'
    expect(await visitorData(fresh)).toBeNull()
    await keep(fresh, 'theirs')
    await web.ask(fresh, '/bff/logout', { method: 'POST' })
    expect(await visitorData(fresh)).toBeNull()
  })

  it('keeps nothing of a visitor once it is taken away', async () => {
    const someone = browser()
    await keep(someone, 'x')
    expect((await keep(someone, '')).status).toBe(200)
    expect(await visitorData(someone)).toBe('')
    expect((await web.ask(someone, '/api/visitor', { method: 'PUT' })).status).toBe(200)
    expect(await visitorData(someone)).toBeNull()
  })
})
