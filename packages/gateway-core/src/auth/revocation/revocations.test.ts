import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { pino } from 'pino'
import { pass, stopTime } from '../../../test/call.ts'
import { memoryStore } from '../../state/memory.ts'
import type { Store } from '../../state/store.ts'
import { Scope } from '../../scope.ts'
import { signedInAs } from '../../testing.ts'
import { type Revocations, revocations, type RevocationsOptions } from './revocations.ts'

const lines: Record<string, unknown>[] = []
const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })

afterEach(() => {
  lines.length = 0
  jest.useRealTimers()
})

/** A store shared by several processes, over a connection that the test can cut, silence, or strip of messages. */
function wire(kept: Store = memoryStore()) {
  const state = { down: false, silent: false, deaf: false, members: 0 }
  const gaps = new Set<() => void>()
  const reach = <T>(answer: () => Promise<T>): Promise<T> => {
    if (state.silent) return new Promise(() => undefined)
    return state.down ? Promise.reject(new Error('connection refused')) : answer()
  }
  const store: Store = {
    get: (...args) => reach(() => kept.get(...args)),
    set: (...args) => reach(() => kept.set(...args)),
    touch: (...args) => reach(() => kept.touch(...args)),
    delete: (...args) => reach(() => kept.delete(...args)),
    add: (...args) => reach(() => kept.add(...args)),
    remove: (...args) => reach(() => kept.remove(...args)),
    members: (...args) => {
      state.members += 1
      return reach(() => kept.members(...args))
    },
    take: (...args) => reach(() => kept.take(...args)),
    publish: (...args) => reach(() => kept.publish(...args)),
    subscribe: (channel, listen, gap) => {
      if (gap !== undefined) gaps.add(gap)
      return reach(() => kept.subscribe(channel, (message) => state.deaf || listen(message)))
    },
  }
  return { state, store, reconnect: () => gaps.forEach((gap) => gap()) }
}

/** Resolves once it has asked the store, with any outcome. */
async function start(store: Store, given: Partial<RevocationsOptions> = {}): Promise<Revocations> {
  const at = revocations({ store, log, ...given })
  await new Promise((resolve) => setImmediate(resolve))
  return at
}
const who = signedInAs('someone', { sessionId: 's1', tokenId: 't1', issuedAt: 1_000 })

/** An open exchange, and why it ended. */
function visit(at: Revocations, identity = who, deadline = 0) {
  const scope = new Scope()
  expect(at.admit({ scope, deadline, cut: (reason) => scope.end(reason) }, identity)).toBeUndefined()
  return scope
}

describe('revocations', () => {
  it.each<[string, (at: Revocations) => Promise<void>]>([
    ['session', (at) => at.session('s1')],
    ['user', (at) => at.user('someone')],
    ['token', (at) => at.token('t1')],
  ])('L-9: a %s that one process revokes is revoked on the other, and on one that starts later', async (_, revoke) => {
    stopTime()
    const kept = memoryStore()
    await using one = await start(wire(kept).store)
    await using other = await start(wire(kept).store)
    const here = visit(one)
    const there = visit(other)
    const stays = visit(other, signedInAs('other', { sessionId: 's2', tokenId: 't2', issuedAt: 1_000 }))
    await revoke(one)
    expect(one.isRevoked(who)).toBe(true)
    await pass(20)
    expect(other.isRevoked(who)).toBe(true)
    expect(here.reason).toMatchObject({ status: 401, code: 'token-invalid' })
    expect(there.reason).toMatchObject({ status: 401, code: 'token-invalid' })
    expect(stays.ended).toBe(false)
    await using later = await start(wire(kept).store)
    expect(later.isRevoked(who)).toBe(true)
    expect(() => visit(later)).toThrow(expect.objectContaining({ status: 401 }))
  })

  it('L-9: learns within half a second what no message told of', async () => {
    stopTime()
    const kept = memoryStore()
    const deaf = wire(kept)
    deaf.state.deaf = true
    await using one = await start(wire(kept).store)
    await using other = await start(deaf.store)
    const there = visit(other)
    await one.session('s1')
    await pass(500)
    expect(other.isRevoked(who)).toBe(true)
    expect(there.ended).toBe(false)
    await pass(20)
    expect(there.ended).toBe(true)
  })

  it('L-9: looks anew at once when its connection was gone', async () => {
    stopTime()
    const kept = memoryStore()
    const far = wire(kept)
    await using one = await start(wire(kept).store)
    await using other = await start(far.store, { every: 3_600_000 })
    far.state.deaf = true
    await one.session('s1')
    await pass(100)
    expect(other.isRevoked(who)).toBe(false)
    far.reconnect()
    await pass(0)
    expect(other.isRevoked(who)).toBe(true)
  })

  it('goes by what it knows while the store is down, says so once, and catches up', async () => {
    stopTime()
    const kept = memoryStore()
    const far = wire(kept)
    await using one = await start(wire(kept).store)
    await using other = await start(far.store)
    await one.session('s1')
    far.state.down = true
    far.state.deaf = true
    await one.token('t2')
    await pass(3_000)
    const later = signedInAs('later', { tokenId: 't2' })
    expect(other.isRevoked(who)).toBe(true)
    expect(other.isRevoked(later)).toBe(false)
    expect(lines.filter(({ level }) => level === 50)).toHaveLength(1)
    far.state.down = false
    await pass(500)
    expect(other.isRevoked(later)).toBe(true)
    expect(lines.at(-1)).toMatchObject({ msg: 'the store of revocations works again' })
  })

  it.each(['down', 'silent'] as const)(
    'fails aloud when the store is %s, and holds here all the same',
    async (fault) => {
      stopTime()
      const far = wire()
      await using one = await start(far.store)
      far.state[fault] = true
      const refused = expect(one.user('someone')).rejects.toMatchObject({
        status: 503,
        code: 'revocation-failed',
        options: { headers: { 'retry-after': '1' } },
      })
      await pass(2_000)
      await refused
      expect(one.isRevoked(who)).toBe(true)
    },
  )

  it.each(['down', 'silent'] as const)(
    'lets nobody in while the store has been %s from the start: it cannot know who is out',
    async (fault) => {
      stopTime()
      const kept = memoryStore()
      await using other = await start(wire(kept).store)
      await other.session('s1')
      const far = wire(kept)
      far.state[fault] = true
      await using one = await start(far.store)
      const anybody = signedInAs('anybody')
      const asked = [who, anybody].map((identity) =>
        expect(one.admit({ scope: new Scope(), deadline: 0, cut: () => undefined }, identity)).rejects.toMatchObject({
          status: 503,
          code: 'identity-unavailable',
        }),
      )
      await pass(2_000)
      await Promise.all(asked)
      far.state[fault] = false
      await pass(2_500)
      expect(() => visit(one)).toThrow(expect.objectContaining({ status: 401 }))
      expect(visit(one, anybody).ended).toBe(false)
    },
  )

  it('has whoever comes at the very start wait until it knows', async () => {
    const kept = memoryStore()
    await using other = await start(wire(kept).store)
    await other.session('s1')
    await using one = revocations({ store: wire(kept).store, log })
    const come = (identity: typeof who) => {
      const scope = new Scope()
      return one.admit({ scope, deadline: 0, cut: (reason) => scope.end(reason) }, identity)
    }
    const [revoked, welcome] = [come(who), come(signedInAs('anybody'))]
    await expect(revoked).rejects.toMatchObject({ status: 401 })
    await expect(welcome).resolves.toBeUndefined()
  })

  it('ends a stream when its proof does, and no request that is still in time', async () => {
    stopTime()
    await using one = await start(memoryStore())
    const identity = { ...who, by: 'session' as const, expiresAt: Date.now() + 10_000 }
    const stream = visit(one, identity, performance.now() + 5_000)
    const request = visit(one, identity, performance.now() + 12_000)
    await pass(9_500)
    expect(stream.ended).toBe(false)
    await pass(500)
    expect(stream.reason).toMatchObject({ code: 'session-expired', options: { extra: { loginUrl: '/bff/login' } } })
    expect(request.ended).toBe(false)
  })

  it('keeps nobody who has left', async () => {
    await using one = await start(memoryStore())
    const scope = visit(one)
    scope.end(new Error('answered'))
    await one.session('s1')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(scope.reason).toEqual(new Error('answered'))
  })

  it('takes what a user gets afterwards, and what was issued before a time that is named', async () => {
    stopTime()
    await using one = await start(memoryStore())
    await one.user('someone', 'password-changed', 5_000)
    expect(one.isRevoked({ ...who, issuedAt: 4_999 })).toBe(true)
    expect(one.isRevoked({ ...who, issuedAt: 5_000 })).toBe(false)
  })

  it('leaves nothing in the store for longer than any proof lives', async () => {
    stopTime()
    const kept = memoryStore()
    await using one = await start(kept, { lifetime: 60_000 })
    await one.session('s1')
    await pass(30_000)
    await one.session('s2')
    expect(await kept.members('revocations')).toHaveLength(2)
    await pass(31_000)
    await using other = await start(kept, { lifetime: 60_000 })
    expect(await kept.members('revocations')).toHaveLength(1)
    expect(other.isRevoked(who)).toBe(false)
    expect(one.isRevoked(who)).toBe(false)
  })

  it('leaves no more in the store than holds, however many sign out', async () => {
    stopTime()
    const kept = memoryStore()
    await using one = await start(kept)
    for (let minute = 0; minute < 16 * 60; minute += 1) {
      await one.ended(`s${minute}`)
      await pass(60_000)
    }
    await one.session('s1')
    // 10 min each.
    expect((await kept.members('revocations')).length).toBeLessThanOrEqual(11)
  })

  it('reads all of them once, and again only for what no message told of', async () => {
    stopTime()
    const kept = memoryStore()
    const far = wire(kept)
    await using one = await start(wire(kept).store)
    await using other = await start(far.store)
    for (let nth = 0; nth < 100; nth += 1) {
      await one.ended(`s-${nth}`)
      await pass(100)
    }
    expect(other.isRevoked({ ...who, sessionId: 's-99' })).toBe(true)
    expect(far.state.members).toBe(1)
    far.state.deaf = true
    await one.ended('unheard')
    far.state.deaf = false
    await pass(500)
    expect(other.isRevoked({ ...who, sessionId: 'unheard' })).toBe(true)
    expect(far.state.members).toBe(2)
  })

  it('says in the audit log what was revoked and why', async () => {
    await using one = await start(memoryStore())
    await one.user('someone', 'password-changed')
    await one.session('s1')
    await one.token('t1', 'Bearer eyJhbGciOiJub25lIn0.e30.x')
    expect(
      lines.map(({ audit, user, session, tokenId, reason }) => ({ audit, user, session, tokenId, reason })),
    ).toEqual([
      { audit: 'authn_token_revoked', user: 'someone', reason: 'password-changed' },
      { audit: 'authn_token_revoked', session: 's1' },
      { audit: 'authn_token_revoked', tokenId: 't1', reason: 'unspecified' },
    ])
  })

  it('revokes nothing that has no name', async () => {
    await using one = await start(memoryStore())
    await expect(one.session('')).rejects.toThrow(TypeError)
    await expect(one.user('')).rejects.toThrow(TypeError)
  })
})
