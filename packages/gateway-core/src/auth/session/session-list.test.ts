import { hash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { exchangeOf, silent } from '../../../test/exchange.ts'
import { audit } from '../audit.ts'
import { memoryStore } from '../../state/memory.ts'
import { sealingKeys } from './sealing-keys.ts'
import { lifetimesOf } from './lifetimes.ts'
import type { Provider } from '../login/provider.ts'
import { nameOf } from './session-seal.ts'
import { sessionCookie } from './session-cookie.ts'
import { sessionProblems } from './session-problem.ts'
import { sessions } from './session.ts'

const MINUTE = 60_000
const asking = exchangeOf({ log: silent })
const tokens = { scope: 'openid', refreshToken: 'refresh', lifetime: 24 * 60 * MINUTE }

function setUp() {
  const time = { now: Date.UTC(2030, 0, 1) }
  const clock = () => time.now
  const store = memoryStore({ clock })
  const known = sessions({
    store,
    provider: { revoke: async () => {} } as unknown as Provider,
    keys: sealingKeys(['a-key-of-this-test-for-its-sessions']),
    problems: sessionProblems(sessionCookie()),
    lifetimes: lifetimesOf(),
    client: 'web',
    tell: audit(silent),
    clock,
  })
  const start = (sub: string, sid?: string, agent?: string) =>
    known.start({ sub, ...(sid === undefined ? {} : { sid }) }, tokens, agent === undefined ? {} : { agent })
  return { time, store, known, start }
}

describe('sessions of a person', () => {
  it('are listed by names that open nothing, the newest first, with when they were last seen, to the minute', async () => {
    const { time, known, start } = setUp()
    const begun = time.now
    const first = await start('a', undefined, 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')
    time.now += 90_000
    const second = await start('a')
    await start('b')
    time.now += 5 * MINUTE
    await known.use(first, asking)
    expect(await known.list('a')).toEqual([
      { id: nameOf(second), startedAt: begun + 90_000, seenAt: begun + 90_000, agent: '' },
      { id: nameOf(first), startedAt: begun, seenAt: begun + 6 * MINUTE, agent: 'Firefox on Linux' },
    ])
    for (const { id } of await known.list('a')) expect(await known.peek(id)).toBeUndefined()
  })

  it('are listed no more once they are over, and leave nothing behind', async () => {
    const { time, store, known, start } = setUp()
    const first = await start('a')
    await start('a')
    await known.end(first, asking)
    expect(await known.list('a')).toHaveLength(1)
    time.now += 30 * MINUTE
    const third = await start('a')
    expect(await known.list('a')).toEqual([expect.objectContaining({ id: nameOf(third) })])
    expect(await store.members(`sessions:sub:${hash('sha256', 'a')}`)).toEqual([nameOf(third)])
  })

  it('end one by one, for their owner alone', async () => {
    const { known, start } = setUp()
    const id = await start('a')
    expect(await known.endOne('b', nameOf(id))).toBe(false)
    expect(await known.peek(id)).toBeDefined()
    expect(await known.endOne('a', nameOf(id))).toBe(true)
    expect(await known.endOne('a', nameOf(id))).toBe(false)
    expect(await known.peek(id)).toBeUndefined()
  })

  it.each([
    ['of a person', { sub: 'a' }, ['b-3']],
    ['of a session at the provider', { sid: '1' }, ['a-2', 'b-3']],
    ['of both at once', { sub: 'a', sid: '2' }, ['a-1', 'a-1', 'b-3']],
    ['of one that is not theirs', { sub: 'a', sid: '3' }, ['a-1', 'a-1', 'a-2', 'b-3']],
    ['of nobody', {}, ['a-1', 'a-1', 'a-2', 'b-3']],
  ])('end together: all %s', async (_, who, left) => {
    const { known, start } = setUp()
    const begun = [await start('a', '1'), await start('a', '1'), await start('a', '2'), await start('b', '3')]
    expect(await known.endAll(who)).toBe(4 - left.length)
    expect(await known.endAll(who)).toBe(0)
    const found = await Promise.all(begun.map((id) => known.peek(id)))
    expect(
      found.flatMap((one) => (one === undefined ? [] : `${one.visit.claims.sub}-${one.visit.claims['sid']}`)),
    ).toEqual(left)
  })
})

describe('what is kept of a visitor', () => {
  it('is at most 16 KiB, and goes with the session', async () => {
    const { time, known } = setUp()
    const id = await known.startGuest({ lines: [1] }, 'curl')
    expect((await known.look(id))?.visit.data).toEqual({ lines: [1] })
    expect(await known.peek(id)).toBeUndefined()
    await expect(known.use(id, asking)).rejects.toMatchObject({ status: 401, code: 'session-required' })
    await expect(known.keep(id, 'x'.repeat(16_383))).rejects.toThrow(RangeError)
    expect(await known.keep(id, 'x'.repeat(16_382))).toBe(true)
    expect(await known.keep(id, undefined)).toBe(true)
    expect((await known.look(id))?.visit).not.toHaveProperty('data')
    time.now += 30 * MINUTE
    expect(await known.keep(id, 'late')).toBe(false)
    expect(await known.renew(id)).toBeUndefined()
  })

  it('does not get lost between two writers, nor does a refresh', async () => {
    const { known, start } = setUp()
    const id = await start('a')
    expect(await Promise.all(Array.from({ length: 20 }, (_, nth) => known.keep(id, nth)))).not.toContain(false)
    expect((await known.peek(id))?.visit).toMatchObject({ data: expect.any(Number) })
  })

  it('is renewed for one of several who ask for it', async () => {
    const { known, start } = setUp()
    const id = await start('a')
    const renewed = (await Promise.all([known.renew(id), known.renew(id), known.renew(id)])).filter(Boolean)
    expect(renewed).toHaveLength(1)
    expect(await known.list('a')).toEqual([expect.objectContaining({ id: nameOf(renewed[0]!) })])
  })
})
