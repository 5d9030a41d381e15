import { afterEach, describe, expect, it } from '@jest/globals'
import { memoryStore, type Store } from '../../src/state.ts'
import { ACCESS_TTL } from '../oidc.ts'
import { SID, type WebApp, webApp } from '../web-app.ts'

/** Where processes share their sessions. Whatever stands here must do. */
const stores: readonly (readonly [name: string, make: () => Store])[] = [['memory', () => memoryStore()]]

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

describe.each(stores)('a refresh, over %s', (_, make) => {
  it('B-20: is one for 50 requests to each of two processes, and no browser notices', async () => {
    await using app = await webApp({ store: make(), processes: 2, clock })
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
    const storeOf = (nth: number, shared: Store) => (nth === 2 ? dying(shared, died.resolve) : shared)
    await using app = await webApp({ store: make(), processes: 3, clock, storeOf })
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
