import { hash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { exchangeOf, silent } from '../../../test/exchange.ts'
import { audit } from '../audit.ts'
import { memoryStore } from '../../state/memory.ts'
import type { Store } from '../../state/store.ts'
import { sealingKeys } from './sealing-keys.ts'
import { lifetimesOf } from './lifetimes.ts'
import { type Provider, Refused, type Tokens } from '../login/provider.ts'
import { endOf } from './session-content.ts'
import { sessionCookie } from './session-cookie.ts'
import { sessionProblems } from './session-problem.ts'
import { sessions } from './session.ts'
import { identityUnavailable } from '../unavailable.ts'

const MINUTE = 60_000
const asking = exchangeOf({ log: silent })
const HOUR = 60 * MINUTE
const claims = { sub: 'someone' }
const tokensOf = (n: number): Tokens => ({
  scope: 'openid',
  refreshToken: `refresh-${n}`,
  lifetime: 5 * MINUTE,
})

/** A provider that rotates refresh tokens and refuses a spent one. */
function rotating() {
  let current = 0
  const state = { refreshes: 0, revoked: [] as string[], failure: undefined as unknown, before: async () => {} }
  const provider = {
    refresh: async (token: string) => {
      state.refreshes += 1
      await state.before()
      if (state.failure !== undefined) throw state.failure
      if (token !== `refresh-${current}`) throw new Refused('invalid_grant')
      current += 1
      return tokensOf(current)
    },
    revoke: async (token: string) => {
      state.revoked.push(token)
    },
  } satisfies Partial<Provider>
  return Object.assign(state, { provider: provider as unknown as Provider })
}

async function setUp(change: (tokens: Tokens) => Tokens = (tokens) => tokens) {
  const time = { now: Date.UTC(2030, 0, 1) }
  const clock = () => time.now
  const dump = new Map<string, string>()
  const memory = memoryStore({ clock })
  const hold: { reads?: Promise<void> | undefined } = {}
  const store: Store = {
    ...memory,
    get: async (key) => {
      const { reads } = hold
      const entry = await memory.get(key)
      await reads
      return entry
    },
    set: (key, value, ttl, only) => {
      dump.set(key, value)
      return memory.set(key, value, ttl, only)
    },
  }
  const idp = rotating()
  const keys = sealingKeys(['a-key-of-this-test-for-its-sessions'])
  const known = sessions({
    store,
    provider: idp.provider,
    keys,
    problems: sessionProblems(sessionCookie()),
    lifetimes: lifetimesOf(),
    client: 'web',
    tell: audit(silent),
    clock,
  })
  const id = await known.start(claims, change(tokensOf(0)))
  return { time, idp, known, id, dump, hold, use: () => known.use(id, asking) }
}

const EXPIRED = { status: 401, code: 'session-expired', options: { extra: { loginUrl: '/bff/login' } } }

describe('sessions', () => {
  it('name each session by 256 random bits', async () => {
    const { known, id } = await setUp()
    expect(id).toMatch(/^[\w-]{43}$/)
    expect(await known.start(claims, tokensOf(0))).not.toBe(id)
  })

  it('B-25: leave nothing in the store that opens anything', async () => {
    const { id, dump } = await setUp()
    const [[key, value] = ['', '']] = dump
    expect(key).toBe(`session:${hash('sha256', id)}`)
    for (const secret of [id, 'refresh-0', 'refresh-0', 'someone']) {
      expect(value + Buffer.from(value, 'base64url').toString('latin1')).not.toContain(secret)
    }
  })

  it('K-03: do not know what they have not made', async () => {
    const { known, use, id } = await setUp()
    for (const other of ['', 'x'.repeat(43), hash('sha256', id)]) {
      await expect(known.use(other, asking)).rejects.toMatchObject(EXPIRED)
    }
    expect(await use()).toMatchObject({ claims, refreshToken: 'refresh-0' })
  })

  it('end after 30 min without use; a look is no use', async () => {
    const { time, known, id, use } = await setUp((tokens) => ({ ...tokens, lifetime: 24 * HOUR }))
    time.now += 29 * MINUTE
    await use()
    time.now += 29 * MINUTE
    expect(await known.peek(id)).toMatchObject({ keptUntil: time.now + MINUTE })
    time.now += MINUTE
    await expect(use()).rejects.toMatchObject(EXPIRED)
  })

  it('end after 12 h of use', async () => {
    const { time, known, id, use } = await setUp((tokens) => ({ ...tokens, lifetime: 24 * HOUR }))
    for (let i = 0; i < 47; i += 1) {
      time.now += 15 * MINUTE
      await use()
    }
    expect(endOf((await known.peek(id))!.visit)).toBe(time.now + 15 * MINUTE)
    time.now += 15 * MINUTE
    await expect(use()).rejects.toMatchObject(EXPIRED)
  })

  it('B-20: refresh 30 s before the access token ends, once for all who wait', async () => {
    const { time, idp, use } = await setUp()
    time.now += 5 * MINUTE - 30_001
    expect(await use()).toMatchObject({ refreshToken: 'refresh-0' })
    time.now += 1
    const all = await Promise.all(Array.from({ length: 50 }, use))
    expect(new Set(all.map(({ refreshToken }) => refreshToken))).toEqual(new Set(['refresh-1']))
    expect(idp.refreshes).toBe(1)
    expect(await use()).toMatchObject({ refreshToken: 'refresh-1', claims })
    expect(idp.refreshes).toBe(1)
  })

  it('B-20: do not spend a refresh token twice, even when one request has seen the old one', async () => {
    const { time, idp, hold, use } = await setUp()
    time.now += 5 * MINUTE
    const { promise, resolve } = Promise.withResolvers<void>()
    hold.reads = promise
    const late = use()
    hold.reads = undefined
    expect(await use()).toMatchObject({ refreshToken: 'refresh-1' })
    resolve()
    expect(await late).toMatchObject({ refreshToken: 'refresh-1' })
    expect(idp.refreshes).toBe(1)
  })

  it('keep the refresh token of a provider that does not rotate', async () => {
    const { time, idp, use, known, id } = await setUp()
    idp.provider.refresh = async () => ({ scope: 'openid', lifetime: 5 * MINUTE })
    time.now += 5 * MINUTE
    await use()
    expect((await known.peek(id))?.visit).toMatchObject({ version: 1, refreshToken: 'refresh-0' })
  })

  it('B-22: end when the refresh token is dead', async () => {
    const { time, idp, known, id, use } = await setUp()
    idp.failure = new Refused('invalid_grant')
    time.now += 5 * MINUTE - 1
    await expect(use()).rejects.toMatchObject(EXPIRED)
    expect(await known.peek(id)).toBeUndefined()
  })

  it('end when a refresh brings another person', async () => {
    const { time, idp, use } = await setUp()
    idp.provider.refresh = async () => ({ ...tokensOf(1), claims: { sub: 'another' } })
    time.now += 5 * MINUTE
    await expect(use()).rejects.toMatchObject(EXPIRED)
  })

  it('go on without the provider while the access token holds, then wait for it', async () => {
    const { time, idp, use } = await setUp()
    idp.failure = identityUnavailable(new Error('down'))
    time.now += 5 * MINUTE - 1
    expect(await use()).toMatchObject({ refreshToken: 'refresh-0' })
    time.now += 1
    await expect(use()).rejects.toMatchObject({ status: 503, code: 'identity-unavailable' })
    idp.failure = undefined
    expect(await use()).toMatchObject({ refreshToken: 'refresh-1' })
  })

  it('B-21: end with their access token when nothing can renew it', async () => {
    const { time, use } = await setUp(({ scope, lifetime }) => ({ scope, lifetime }))
    time.now += 5 * MINUTE - 1
    expect(await use()).toMatchObject({ claims, version: 0 })
    time.now += 1
    await expect(use()).rejects.toMatchObject(EXPIRED)
  })

  it('are not brought back by a refresh that was under way when they ended', async () => {
    const { time, idp, known, id, use } = await setUp()
    time.now += 5 * MINUTE
    idp.before = () => known.end(id, asking)
    await expect(use()).rejects.toMatchObject(EXPIRED)
    expect(await known.peek(id)).toBeUndefined()
    expect(idp.revoked).toEqual(['refresh-0'])
  })

  it('end even when the provider cannot be told', async () => {
    const { idp, known, id } = await setUp()
    idp.provider.revoke = () => Promise.reject(identityUnavailable(new Error('down')))
    await known.end(id, asking)
    await known.end(id, asking)
    expect(await known.peek(id)).toBeUndefined()
  })
})
