import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { exchangeOf, silent } from '../../../test/exchange.ts'
import { audit } from '../audit.ts'
import { memoryStore } from '../../state/memory.ts'
import type { Store } from '../../state/store.ts'
import { sealingKeys } from './sealing-keys.ts'
import { lifetimesOf } from './lifetimes.ts'
import { type Provider, Refused, type Tokens } from '../login/provider.ts'
import { sessionCookie } from './session-cookie.ts'
import { sessionProblems } from './session-problem.ts'
import { sessions } from './session.ts'
import { identityUnavailable } from '../unavailable.ts'

const MINUTE = 60_000
const asking = exchangeOf({ log: silent })
const tokensOf = (n: number): Tokens => ({
  scope: 'openid',
  refreshToken: `refresh-${n}`,
  lifetime: 5 * MINUTE,
})

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

/** A provider that rotates refresh tokens, refuses a spent one, and is slow. */
function rotating() {
  const state = { calls: 0, spent: 0, delay: 0, down: false }
  const refresh = async (token: string) => {
    state.calls += 1
    const good = token === `refresh-${state.spent}`
    if (good && !state.down) state.spent += 1
    const answer = tokensOf(state.spent)
    await new Promise((resolve) => setTimeout(resolve, state.delay))
    if (state.down) throw identityUnavailable(new Error('down'))
    if (!good) throw new Refused('invalid_grant')
    return answer
  }
  return { state, provider: { refresh } as Partial<Provider> as Provider }
}

/** One of several processes over one store. */
const oneProcess = (store: Store, provider: Provider) =>
  sessions({
    store,
    provider,
    problems: sessionProblems(sessionCookie()),
    keys: sealingKeys(['a-key-of-this-test-for-its-sessions']),
    lifetimes: lifetimesOf(),
    client: 'web',
    tell: audit(silent),
    clock: Date.now,
  })

/** Dies as soon as it holds a lease. */
function dying(store: Store): Store {
  let dead = false
  const ifAlive =
    <A extends unknown[], T>(work: (...given: A) => Promise<T>) =>
    (...given: A): Promise<T> =>
      dead ? new Promise(() => undefined) : work(...given)
  return {
    ...store,
    get: ifAlive((key: string) => store.get(key)),
    delete: ifAlive((key: string, was?: string) => store.delete(key, was)),
    set: ifAlive(async (key, ...given) => {
      const written = await store.set(key, ...given)
      dead ||= key.startsWith('lease:')
      return written
    }),
  }
}

async function setUp() {
  const store = memoryStore({ clock: Date.now })
  const { state, provider } = rotating()
  const [one, two] = [oneProcess(store, provider), oneProcess(store, provider)]
  const id = await one.start({ sub: 'someone' }, tokensOf(0))
  /** 50 requests to each. */
  const all = () =>
    Promise.all(Array.from({ length: 100 }, (_, nth) => (nth % 2 === 0 ? one : two).use(id, asking))).then(
      (found) => new Set(found.map(({ refreshToken }) => refreshToken)),
    )
  return { store, state, provider, one, two, id, all }
}

const AGED = 5 * MINUTE - 20_000

describe('a refresh', () => {
  it.each([
    [0, ['refresh-1']],
    [3_000, ['refresh-1']],
    // After its patience it continues with a token valid for a few more seconds.
    [10_000, ['refresh-0', 'refresh-1']],
  ])('B-20: is one for 50 requests to each of two processes, when it takes %i ms', async (delay, tokens) => {
    const { state, all } = await setUp()
    state.delay = delay
    await jest.advanceTimersByTimeAsync(AGED)
    const found = all()
    await jest.advanceTimersByTimeAsync(delay + 100)
    expect([...(await found)].map(String).toSorted()).toEqual(tokens)
    expect(state.calls).toBe(1)
    expect(await all()).toEqual(new Set(['refresh-1']))
    expect(state.calls).toBe(1)
  })

  it('B-20: is one, and signs nobody out, when a third process has died in the middle of it', async () => {
    const { store, state, provider, id, all } = await setUp()
    await jest.advanceTimersByTimeAsync(AGED)
    void oneProcess(dying(store), provider).use(id, asking)
    await jest.advanceTimersByTimeAsync(10)
    const found = all()
    await jest.advanceTimersByTimeAsync(1_900)
    expect(state.calls).toBe(0)
    await jest.advanceTimersByTimeAsync(200)
    expect(await found).toEqual(new Set(['refresh-1']))
    expect(state.calls).toBe(1)
  })

  it('takes what is there when another was faster all the same', async () => {
    const { state, one, two, id } = await setUp()
    state.delay = 1_000
    await jest.advanceTimersByTimeAsync(AGED)
    const first = one.use(id, asking)
    await jest.advanceTimersByTimeAsync(100)
    // The first process is suspended for longer than its lease; the refresh token is spent, and nothing is written yet.
    jest.setSystemTime(Date.now() + 5_000)
    const second = two.use(id, asking)
    await jest.advanceTimersByTimeAsync(5_000)
    const found = await Promise.allSettled([first, second])
    expect(state.calls).toBe(2)
    expect(found).toEqual(
      Array.from({ length: 2 }, () => ({
        status: 'fulfilled',
        value: expect.objectContaining({ refreshToken: 'refresh-1' }),
      })),
    )
  })

  it('is waited for no longer than a while by those whose token has ended: 503, and nobody is signed out', async () => {
    const { state, one, two, id } = await setUp()
    state.delay = 60_000
    await jest.advanceTimersByTimeAsync(5 * MINUTE)
    const first = one.use(id, asking)
    await jest.advanceTimersByTimeAsync(10)
    const refused = expect(two.use(id, asking)).rejects.toMatchObject({ status: 503, code: 'identity-unavailable' })
    await jest.advanceTimersByTimeAsync(4_100)
    await refused
    await jest.advanceTimersByTimeAsync(60_000)
    expect(await first).toMatchObject({ refreshToken: 'refresh-1' })
    expect(await two.use(id, asking)).toMatchObject({ refreshToken: 'refresh-1' })
    expect(state.calls).toBe(1)
  })

  it('is not asked for with every request while the provider is down and the token holds', async () => {
    const { state, one, id } = await setUp()
    state.down = true
    await jest.advanceTimersByTimeAsync(AGED)
    for (let nth = 0; nth < 5; nth += 1) {
      const used = one.use(id, asking)
      await jest.advanceTimersByTimeAsync(0)
      expect(await used).toMatchObject({ refreshToken: 'refresh-0' })
    }
    expect(state.calls).toBe(1)
    state.down = false
    await jest.advanceTimersByTimeAsync(2_000)
    const used = one.use(id, asking)
    await jest.advanceTimersByTimeAsync(0)
    expect(await used).toMatchObject({ refreshToken: 'refresh-1' })
    expect(state.calls).toBe(2)
  })
})
