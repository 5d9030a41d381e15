import { afterEach, describe, expect, it } from '@jest/globals'
import { memoryStore, type Store } from '../../src/state.ts'
import { redisStore } from '../../src/state/redis.ts'
import { hasRedis, redisServer } from '../../src/testing-redis.ts'
import { silent } from '../exchange.ts'
import { ACCESS_TTL } from '../oidc.ts'
import { SID, type WebApp, webApp } from '../web-app.ts'

/** Where processes share their sessions, as each of them sees it. */
interface Shared extends AsyncDisposable {
  readonly storeOf: (nth: number) => Store
}

const inMemory = async (): Promise<Shared> => {
  const store = memoryStore({ clock })
  return { storeOf: () => store, [Symbol.asyncDispose]: async () => undefined }
}

const inRedis = async (): Promise<Shared> => {
  const stack = new AsyncDisposableStack()
  const { url } = stack.use(await redisServer())
  const open: Store[] = []
  for (let nth = 0; nth < 3; nth += 1) {
    open.push(stack.use(await redisStore({ url, prefix: 'test:', log: silent, timeout: 5_000 })))
  }
  return { storeOf: (nth) => open[nth]!, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

let apart = 0
const clock = () => Date.now() + apart
afterEach(() => {
  apart = 0
})

/** A process that dies as soon as it has the right to refresh. */
function dying(store: Store, tell: () => void): Store {
  let dead = false
  const silence = new Promise<never>(() => undefined)
  return {
    ...store,
    get: (key) => (dead ? silence : store.get(key)),
    touch: (key, ttl) => (dead ? silence : store.touch(key, ttl)),
    delete: (key, was) => (dead ? silence : store.delete(key, was)),
    set: async (...given) => {
      if (dead) return silence
      const written = await store.set(...given)
      dead = given[0].startsWith('lease:')
      if (dead) tell()
      return written
    },
  }
}

const tokenRequests = (app: WebApp): number => app.idp.requests.get('/token') ?? 0

const redis = hasRedis(process.env['CI'] === 'true')
const shares = [['memory', inMemory] as const, ...(redis ? [['Redis', inRedis] as const] : [])]

describe.each(shares)('a refresh, over %s', (_, share) => {
  it('B-20: is one for 50 requests to each of two processes, and no browser notices', async () => {
    await using shared = await share()
    await using app = await webApp({ storeOf: shared.storeOf, processes: 2, clock })
    const someone = await app.signIn()
    apart = ACCESS_TTL - 10_000
    const before = tokenRequests(app)
    const answers = await Promise.all(Array.from({ length: 100 }, () => app.ask(someone, '/api/things')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(answers.flatMap(({ headers }) => headers.getSetCookie())).toEqual([])
    expect(tokenRequests(app) - before).toBe(1)
  })

  it('B-20: is one, and signs nobody out, when a third process has died in the middle of it', async () => {
    const died = Promise.withResolvers<void>()
    await using shared = await share()
    const storeOf = (nth: number) => (nth === 2 ? dying(shared.storeOf(nth), died.resolve) : shared.storeOf(nth))
    await using app = await webApp({ processes: 3, clock, storeOf })
    const someone = await app.signIn()
    apart = ACCESS_TTL - 10_000
    const before = tokenRequests(app)
    const leaving = new AbortController()
    const unanswered = app.ask(someone, '/api/things', { headers: { 'x-process': '2' }, signal: leaving.signal })
    await died.promise
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_entry, nth) =>
        app.ask(someone, '/api/things', { headers: { 'x-process': String(nth % 2) } }),
      ),
    )
    leaving.abort()
    await expect(unanswered).rejects.toMatchObject({ name: 'AbortError' })
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(tokenRequests(app) - before).toBe(1)
    expect(app.cookies(someone).get(SID)).toBeDefined()
  }, 30_000)
})
