import { describe, expect, it } from '@jest/globals'
import { signedInAs } from '../testing.ts'
import { type Kind, type Mark, read, Revoked, written } from './revoked.ts'

const mark = (kind: Kind, id: string, at = 1_000, until = 100_000): Mark => ({ kind, id, at, until })
const who = signedInAs('someone', { sessionId: 's1', tokenId: 't1', issuedAt: 1_000 })

const of = (marks: readonly Mark[], most = 100) => {
  const revoked = new Revoked(most)
  for (const one of marks) revoked.add(one)
  return revoked
}

describe('what is revoked', () => {
  it.each<[string, Mark]>([
    ['their session', mark('session', 's1')],
    ['their token', mark('token', 't1')],
    ['all that was issued to them before', mark('user', 'someone', 1_001)],
  ])('covers %s', (_, one) => {
    expect(of([one]).has(who)).toBe(true)
  })

  it.each<[string, Mark]>([
    ['another session', mark('session', 's2')],
    ['another token', mark('token', 't2')],
    ['a token named like the session', mark('token', 's1')],
    ['another user', mark('user', 'other', 9_999)],
    ['what was issued to them then or later', mark('user', 'someone', 1_000)],
  ])('does not cover %s', (_, one) => {
    expect(of([one]).has(who)).toBe(false)
  })

  it('takes nothing that has no name for one that has', () => {
    const nameless = signedInAs('someone')
    expect(of([mark('session', 'undefined'), mark('token', '')]).has(nameless)).toBe(false)
  })

  it('keeps the later of two of one user, whichever comes first', () => {
    for (const times of [
      [500, 2_000],
      [2_000, 500],
    ])
      expect(of(times.map((at) => mark('user', 'someone', at))).has(who)).toBe(true)
  })

  it('forgets what cannot matter any more, and only that', () => {
    const revoked = of([mark('session', 's0', 1, 10), mark('session', 's1', 2, 20), mark('token', 'x', 3, 10)])
    revoked.forget(10)
    expect(revoked.size).toBe(1)
    expect(revoked.has(who)).toBe(true)
  })

  it('lets nobody back in when there are too many: what is older than the forgotten one is gone as well', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => mark('session', `other-${i}`, 2_000 + i))
    const revoked = of([mark('session', 's1', 1_500), ...many], 100)
    expect(revoked.size).toBe(100)
    expect(revoked.has(who)).toBe(true)
    expect(revoked.has(signedInAs('someone', { issuedAt: 4_000 }))).toBe(false)
  })

  it('reads what it has written, and takes nothing else for it', () => {
    expect(read(written(mark('user', 'a"b\n')))).toEqual(mark('user', 'a"b\n'))
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      '["admin","x",1,2]',
      '["user",1,1,2]',
      '["user","x","1",2]',
      '["user","x",1]',
    ])
      expect(read(text)).toBeUndefined()
  })
})
