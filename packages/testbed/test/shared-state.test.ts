import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { hasRedis, redisServer, type RedisServer } from '@bff/gateway-core/testing'
import { openStore } from '@bff/gateway-core/state'
import { cookieHeader, demoBrowser } from '@bff/mobile/demo-browser'
import { signIn } from '@bff/mobile/sign-in'
import { logger } from '@bff/service-kit'
import { type Bffs, people, type Shop, startShop, WebBrowser } from '../src/index.ts'

const suite = hasRedis(process.env['CI'] === 'true') ? describe : describe.skip

const root = new URL('../../../', import.meta.url).pathname

let redis: RedisServer
let shop: Shop
let other: Bffs

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await sleep(20)
}
const statusOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).status
const readiness = async (url: string) => {
  const answer = await fetch(`${url}/readyz`)
  return [answer.status, (await answer.text()).trim()]
}
const allReady = async () => {
  for (const url of [shop.web, shop.mobile, other.web, other.mobile]) {
    if ((await readiness(url))[1] !== 'ready') return false
  }
  return true
}
const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code]
const mine = { headers: { 'x-csrf': '1' } }

suite('two processes of each BFF, on one Redis', () => {
  beforeAll(async () => {
    redis = await redisServer()
    shop = await startShop({ redisUrl: redis.url })
    other = await shop.more()
  }, 30_000)
  afterEach(async () => {
    redis.resume()
    await until(allReady)
  })
  afterAll(async () => {
    await shop[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  })

  it('who signs in at one is signed in at the other, and who signs out there is signed out here', async () => {
    const jar = new Map<string, string>()
    await demoBrowser(people.ada, jar)(`${shop.web}/bff/login?returnUrl=/`)
    const ada = { headers: { ...mine.headers, cookie: cookieHeader(jar) } }
    for (const url of [shop.web, other.web]) {
      expect(await (await fetch(`${url}/bff/session`, ada)).json()).toMatchObject({
        authenticated: true,
        user: { name: 'Ada Lovelace' },
      })
      expect(await statusOf(`${url}/api/orders`, ada)).toBe(200)
    }
    expect(await statusOf(`${other.web}/bff/logout`, { ...ada, method: 'POST' })).toBe(200)
    for (const url of [shop.web, other.web])
      expect(await codeOf(await fetch(`${url}/api/orders`, ada))).toEqual([401, 'session-expired'])
  })

  it('X-12: what has been tampered with in the store is no session', async () => {
    const jar = new Map<string, string>()
    await demoBrowser(people.ada, jar)(`${shop.web}/bff/login?returnUrl=/`)
    const ada = { headers: { ...mine.headers, cookie: cookieHeader(jar) } }
    await using stack = new AsyncDisposableStack()
    const store = await openStore({ url: redis.url, prefix: 'web-bff:', log: logger('test', 'silent') })
    stack.defer(async () => store[Symbol.asyncDispose]?.())
    const name = `session:${hash('sha256', jar.get('__Host-Http-sid')!)}`
    const { value } = (await store.get(name))!
    // The last segment is the session itself.
    const at = value.length - 50
    const changed = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1)
    for (const wrong of ['', '{}', value.slice(1), value.slice(0, -10), changed]) {
      await store.set(name, wrong, 60_000)
      for (const url of [shop.web, other.web])
        expect(await codeOf(await fetch(`${url}/api/orders`, ada))).toEqual([401, 'session-expired'])
    }
    await store.set(name, value, 60_000)
    expect(await statusOf(`${other.web}/api/orders`, ada)).toBe(200)
  })

  it('a user has one quota and an address has one, wherever the requests go', async () => {
    const limited = [await shop.more({ requestsPerMinute: 4 }), await shop.more({ requestsPerMinute: 4 })]
    const { accessToken } = await signIn(shop.issuer, demoBrowser(people.grace))
    const statuses: number[] = []
    for (let nth = 0; nth < 30; nth++) {
      const headers: Record<string, string> = nth < 10 ? { authorization: `Bearer ${accessToken}` } : {}
      statuses.push(
        await statusOf(`${limited[nth % 2]!.mobile}${nth < 10 ? '/m/v1/orders' : '/m/v1/home'}`, { headers }),
      )
    }
    expect(statuses.slice(0, 10).filter((status) => status === 200)).toHaveLength(4)
    // The address has 20: ten are spent above, and one is restored every 3 s.
    const anonymous = statuses.slice(10).filter((status) => status === 200)
    expect(anonymous.length).toBeGreaterThanOrEqual(10)
    expect(anonymous.length).toBeLessThan(20)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
  })

  it('X-12: while it hangs nobody is signed out, limits let pass, and all stay ready and say what is missing', async () => {
    const grace = new WebBrowser(shop.web)
    await grace.signIn(people.grace)
    redis.hang()
    for (const url of [shop.web, other.web]) {
      const answer = await grace.fetch(`${url}/api/orders`, mine)
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(await codeOf(answer)).toEqual([503, 'store-unavailable'])
      expect(await codeOf(await grace.fetch(`${url}/bff/session`, mine))).toEqual([503, 'store-unavailable'])
      expect(await codeOf(await grace.fetch(`${url}/bff/logout`, { ...mine, method: 'POST' }))).toEqual([
        503,
        'store-unavailable',
      ])
      expect(await statusOf(`${url}/api/home`)).toBe(200)
      expect(await statusOf(`${url}/livez`)).toBe(200)
    }
    for (const url of [shop.mobile, other.mobile]) expect(await statusOf(`${url}/m/v1/home`)).toBe(200)
    await until(async () => !(await allReady()))
    for (const url of [shop.web, shop.mobile, other.web, other.mobile]) {
      await until(async () => (await readiness(url))[1] !== 'ready')
      expect(await readiness(url)).toEqual([200, 'ready: the store cannot be reached'])
    }
    redis.resume()
    await until(allReady)
    for (const url of [shop.web, other.web]) expect((await grace.fetch(`${url}/api/orders`, mine)).status).toBe(200)
  })

  it('X-12: when it has lost all it held, people sign in again, and that is all', async () => {
    const alan = new WebBrowser(shop.web)
    await alan.signIn(people.alan)
    await redis.kill()
    expect(await codeOf(await alan.fetch(`${other.web}/api/orders`, mine))).toEqual([503, 'store-unavailable'])
    await redis.start()
    await until(allReady)
    expect(await codeOf(await alan.fetch(`${other.web}/api/orders`, mine))).toEqual([401, 'session-expired'])
    await alan.signIn(people.alan)
    expect((await alan.fetch(`${other.web}/api/orders`, mine)).status).toBe(200)
  })

  it('X-12: nobody is half signed in when a login ends while it is down', async () => {
    const ada = new WebBrowser(shop.web)
    await redis.kill()
    await ada.signIn(people.ada)
    expect(ada.cookies).not.toContain('__Host-Http-sid')
    await redis.start()
    await until(allReady)
    await ada.signIn(people.ada)
    expect((await ada.fetch('/api/orders', mine)).status).toBe(200)
  })
})

suite('a BFF whose Redis is down', () => {
  it.each([
    ['apps/web-bff', 'WEB_BFF_PORT'],
    ['apps/mobile-bff', 'MOBILE_BFF_PORT'],
  ])(
    'X-12: %s starts, is alive and ready, says what is missing until it is there, and stops with 0',
    async (folder, port) => {
      await using server = await redisServer()
      await server.kill()
      const { PATH = '' } = process.env
      const env = { PATH, [port]: '0', REDIS_URL: server.url.replace('//', '//:a-secret@'), LOG_LEVEL: 'info' }
      const child = spawn(process.execPath, ['src/main.ts'], { cwd: `${root}${folder}`, env })
      const ended = once(child, 'exit')
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
      await until(async () => output.includes('"ready"'))
      const url = /"url":"([^"]+)"/.exec(output)![1]!
      expect(await statusOf(`${url}/livez`)).toBe(200)
      expect(await readiness(url)).toEqual([200, 'ready: the store cannot be reached'])
      await server.start()
      await until(async () => (await readiness(url))[1] === 'ready')
      child.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
      expect(output.match(/the store cannot be reached/g)).toHaveLength(1)
      expect(output).not.toContain('a-secret')
    },
  )
})
