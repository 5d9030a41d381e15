import { hash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { webSession } from '../../src/auth.ts'
import { memoryStore } from '../../src/state.ts'
import { sealingKeys } from '../../src/auth/session/sealing-keys.ts'
import { browser } from '../browser.ts'
import { silent } from '../exchange.ts'
import { wire } from '../raw.ts'
import { SID, type WebApp, webApp } from '../web-app.ts'

let web: WebApp
beforeAll(async () => (web = await webApp()))
afterAll(() => web[Symbol.asyncDispose]())

/** Every `Set-Cookie` of a life: two logins, what is kept of a guest, a session that is none, a sign-out. */
async function everySetCookie(): Promise<string[][]> {
  const someone = browser()
  const answers = [await web.ask(someone, '/api/visitor?data=a', { method: 'PUT' })]
  for (let nth = 0; nth < 2; nth += 1) {
    answers.push(await someone.request(`${web.url}/bff/login`))
    const callback = await someone.follow(`${web.url}/bff/login`, `${web.url}/bff/callback`)
    answers.push(await someone.request(callback))
  }
  const stranger = browser()
  web.cookies(stranger).set(SID, randomBytes(32).toString('base64url'))
  answers.push(await web.ask(stranger, '/api/things'))
  answers.push(await web.ask(someone, '/api/visitor', { method: 'POST' }))
  answers.push(await web.ask(someone, '/bff/logout', { method: 'POST' }))
  return answers.map(({ headers }) => headers.getSetCookie())
}

const attributes = (line: string): string[] => line.split('; ').slice(1)
const me = (cookie: string) => fetch(`${web.url}/api/things`, { headers: { cookie, 'x-csrf': '1' } })

describe('cookies', () => {
  it('B-4, B-5, B-7, B-8, B-9, C-3, C-4: are all for this host, this scheme and no script, and small', async () => {
    const lines = (await everySetCookie()).flat()
    expect(lines.length).toBeGreaterThan(8)
    for (const line of lines) {
      const [pair = ''] = line.split('; ')
      expect(pair).toMatch(/^__Host-Http-[\w-]+=[\w.-]*$/)
      expect(pair.length).toBeLessThanOrEqual(4_096)
      expect(attributes(line)).toEqual(expect.arrayContaining(['Secure', 'HttpOnly', 'Path=/']))
      expect(line).not.toMatch(/domain/i)
      for (const attribute of attributes(line)) expect(attribute.length).toBeLessThanOrEqual(1_024)
      expect(Number(/max-age=(\d+)/i.exec(line)?.[1] ?? 0)).toBeLessThanOrEqual(34_560_000)
    }
  })

  it('B-6, C-10: are Strict, but for those of a login, which must come back from another site', async () => {
    for (const line of (await everySetCookie()).flat()) {
      expect(attributes(line)).toContain(line.startsWith(`${SID}=`) ? 'SameSite=Strict' : 'SameSite=Lax')
      expect(line).toMatch(/^__Host-Http-(?:sid|tx-)/)
    }
  })

  it('C-1, C-2: have a line each, and none is set twice in one answer', async () => {
    for (const lines of await everySetCookie()) {
      const names = lines.map((line) => line.slice(0, line.indexOf('=')))
      expect(new Set(names).size).toBe(names.length)
    }
    const someone = browser()
    const callback = new URL(await someone.follow(`${web.url}/bff/login`, `${web.url}/bff/callback`))
    const cookie = [...web.cookies(someone)].map((pair) => pair.join('=')).join('; ')
    await using line = await wire(web.url)
    line.write(
      `GET ${callback.pathname}${callback.search} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: ${cookie}\r\n\r\n`,
    )
    const set = (await line.closed()).split('\r\n').filter((header) => /^set-cookie:/i.test(header))
    expect(set.map((header) => header.replace(/^set-cookie: ([^=]+-Http-(?:sid|tx)).*$/i, '$1'))).toEqual([
      '__Host-Http-sid',
      '__Host-Http-tx',
    ])
  })

  it('C-5: of a browser that is signed in are at most 200 bytes', async () => {
    const someone = await web.signIn()
    const cookie = [...web.cookies(someone)].map((pair) => pair.join('=')).join('; ')
    expect(cookie).toMatch(/^__Host-Http-sid=[\w-]{43}$/)
    expect(`cookie: ${cookie}\r\n`.length).toBeLessThanOrEqual(200)
  })

  it('C-6: are found among others, in any order', async () => {
    const sid = `${SID}=${web.cookies(await web.signIn()).get(SID)}`
    for (const cookie of [`a=1; ${sid}; b="2"`, `${sid};c=3`, `a=1;;\t${sid}`])
      expect((await me(cookie)).status).toBe(200)
  })

  it('C-11: are taken back by the same name and attributes', async () => {
    const someone = await web.signIn()
    const left = await web.ask(someone, '/bff/logout', { method: 'POST' })
    expect(left.headers.getSetCookie()).toEqual([`${SID}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`])
  })
})

describe('a session is none, and its cookie taken back', () => {
  const expectNone = async (cookie: string) => {
    const answer = await me(cookie)
    expect(answer.status).toBe(401)
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-Http-sid=;.*Max-Age=0$/)])
    const asked = await fetch(`${web.url}/bff/session`, { headers: { cookie, 'x-csrf': '1' } })
    expect(await asked.json()).toEqual({ authenticated: false })
    expect(asked.headers.getSetCookie()).toHaveLength(1)
  }

  it('K-01, C-12: when two are sent, in whatever order, for one of them is another’s', async () => {
    const mine = web.cookies(await web.signIn()).get(SID)!
    for (const other of [mine, 'A'.repeat(43), '']) {
      await expectNone(`${SID}=${mine}; ${SID}=${other}`)
      await expectNone(`${SID}=${other}; a=1; ${SID}=${mine}`)
    }
    expect((await me(`${SID}=${mine}`)).status).toBe(200)
  })

  it('K-04, B-10: with any one character changed, cut off, put elsewhere or added', async () => {
    const mine = web.cookies(await web.signIn()).get(SID)!
    for (let at = 0; at < mine.length; at += 1) {
      await expectNone(`${SID}=${mine.slice(0, at)}${mine[at] === 'A' ? 'B' : 'A'}${mine.slice(at + 1)}`)
    }
    const bent = [
      mine.slice(0, -1),
      mine.slice(1),
      `${mine}A`,
      mine.split('').toReversed().join(''),
      'x',
      mine.toLowerCase(),
    ]
    for (const id of bent) await expectNone(`${SID}=${id}`)
    expect((await me(`${SID}=${mine}`)).status).toBe(200)
  })

  it('K-04: that is a whole name of the store, which is no id', async () => {
    const mine = web.cookies(await web.signIn()).get(SID)!
    await expectNone(`${SID}=${hash('sha256', mine)}`)
  })

  it('K-04: of 1 MB is not even read', async () => {
    await using line = await wire(web.url)
    line.write(`GET /api/things HTTP/1.1\r\nhost: x\r\nx-csrf: 1\r\ncookie: ${SID}=${'x'.repeat(1_000_000)}\r\n\r\n`)
    expect(await line.closed()).toMatch(/^HTTP\/1.1 431 /)
  })
})

describe('a session is nobody’s', () => {
  it.each([
    ['U+2000 before its name', (sid: string) => `\u2000${sid}`],
    ['a no-break space', (sid: string) => `\u00a0${sid}`],
    ['no name before it', (sid: string) => `=${sid}`],
    ['a name in quotes', (sid: string) => `"${sid}"`],
    ['$Version', (sid: string) => `$Version=1; $${sid}`],
    ['another case', (sid: string) => sid.replace('__Host-Http', '__host-http')],
    ['a space in its name', (sid: string) => sid.replace('=', ' =')],
  ])('K-02: with %s', async (_, disguise) => {
    const sid = `${SID}=${web.cookies(await web.signIn()).get(SID)}`
    await using line = await wire(web.url)
    const cookie = Buffer.from(disguise(sid), 'utf8').toString('latin1')
    line.write(`GET /bff/session HTTP/1.1\r\nhost: x\r\nx-csrf: 1\r\nconnection: close\r\ncookie: ${cookie}\r\n\r\n`)
    const answer = await line.closed()
    expect(answer).not.toContain('"authenticated":true')
    expect(answer).toMatch(/^HTTP\/1.1 (?:200|400) /)
  })

  it('K-02: with its value in quotes', async () => {
    expect((await me(`${SID}="${web.cookies(await web.signIn()).get(SID)}"`)).status).toBe(401)
  })

  it('K-05: when other cookies have pushed it out, and all of it is; so many at once are not even read', async () => {
    const cookies = (count: number) => Array.from({ length: count }, (_, nth) => `c${nth}=x`).join('; ')
    for (const [count, status, code] of [
      [50, 401, 'session-required'],
      [200, 400, 'malformed-header'],
    ] as const) {
      const answer = await me(cookies(count))
      expect(answer.status).toBe(status)
      expect(await answer.json()).toMatchObject({ code })
    }
    const asked = await fetch(`${web.url}/bff/session`, { headers: { cookie: cookies(50), 'x-csrf': '1' } })
    expect(await asked.json()).toEqual({ authenticated: false })
  })
})

describe('keys of the server', () => {
  const [first, second, third] = ['first', 'second', 'third'].map((name) => `a-${name}-key-of-this-test-for-sessions`)

  it('K-04: change without signing anybody out, also not whose key this process does not have', async () => {
    const store = memoryStore()
    await using before = await webApp({ store, session: { keys: [first!] } })
    const mine = before.cookies(await before.signIn()).get(SID)!
    for (const [keys, status] of [
      [[second!, first!], 200],
      [[third!, second!], 503],
      [[first!], 200],
    ] as const) {
      await using after = await webApp({ store, session: { keys } })
      const answer = await fetch(`${after.url}/api/things`, { headers: { cookie: `${SID}=${mine}`, 'x-csrf': '1' } })
      expect(answer.status).toBe(status)
    }
  })

  it('are named after themselves, and never said', () => {
    const [one, two] = [sealingKeys([first!, second!]), sealingKeys([second!, first!])]
    expect(one.current).not.toBe(two.current)
    expect(one.derive(two.current, 'p')).toEqual(two.derive(two.current, 'p'))
    expect(one.derive(one.current, 'p')).not.toEqual(one.derive(one.current, 'q'))
    expect(one.derive(one.current, 'p', 'salt')).not.toEqual(one.derive(one.current, 'p'))
    expect(one.derive('gone', 'p')).toBeUndefined()
    expect(() => sealingKeys([])).toThrow(TypeError)
    expect(() => sealingKeys([first!, 'short'])).toThrow(TypeError)
  })
})

describe('a weaker cookie', () => {
  const options = (session: object) => ({
    issuer: 'http://localhost:9',
    clientId: 'web',
    clientSecret: 'x'.repeat(32),
    publicUrl: 'http://localhost:1',
    scope: 'openid',
    store: memoryStore(),
    keys: ['a-key-of-this-test-for-its-sessions'],
    production: false,
    log: silent,
    ...session,
  })
  const reason = 'Safari takes no Secure cookie from localhost'

  it.each([
    ['without a reason', { weaker: { sameSite: 'Lax', reason: '' } }],
    ['with hardly one', { weaker: { sameSite: 'Lax', reason: `because${' '.repeat(30)}` } }],
    ['in the clear, in production', { weaker: { plain: true, reason }, production: true }],
    ['in the clear, where there is TLS', { weaker: { plain: true, reason }, publicUrl: 'https://app.example' }],
    ['by an app in the clear, in production', { production: true, issuer: 'https://id.example' }],
    ['by lifetimes that are none', { lifetimes: { idle: 0 } }],
    ['by lifetimes the wrong way round', { lifetimes: { idle: 2_000, absolute: 1_000 } }],
    ['by keys that are none', { keys: [] }],
  ])('B-6: does not start %s', (_, session) => {
    expect(() => webSession(options(session))).toThrow(TypeError)
  })

  it('has a name of its own in development, and says at start that and why it is weaker', async () => {
    await using plain = await webApp({ session: { weaker: { plain: true, sameSite: 'Lax', reason } } })
    const someone = browser()
    const callback = await someone.follow(`${plain.url}/bff/login`, `${plain.url}/bff/callback`)
    const [set] = (await someone.request(callback)).headers.getSetCookie()
    expect(set).toMatch(/^development-sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
    expect((await plain.ask(someone, '/api/things')).status).toBe(200)
    const start = plain.lines.map((line) => JSON.parse(line) as Record<string, unknown>)[0]
    expect(start).toMatchObject({ level: 40, msg: 'sessions', cookie: 'development-sid', weakerBecause: reason })
  })

  it('is none by default, and the start tells how long sessions live', async () => {
    const start = web.lines.map((line) => JSON.parse(line) as Record<string, unknown>)[0]
    expect(start).toMatchObject({
      level: 30,
      msg: 'sessions',
      cookie: SID,
      sameSite: 'Strict',
      profile: 'development',
      idle: 1_800_000,
      absolute: 43_200_000,
      keys: 1,
    })
  })
})
