import { describe, expect, it } from '@jest/globals'
import { memory } from './memory.ts'

function setUp(most?: number) {
  const time = { now: 1_000_000 }
  return { time, entries: memory(() => time.now, most) }
}

describe('memory', () => {
  it('holds an entry as long as it lives', async () => {
    const { time, entries } = setUp()
    await entries.upsert('a', { uid: 'u' }, 10)
    time.now += 9_999
    expect(await entries.find('a')).toEqual({ uid: 'u' })
    expect(await entries.findByUid('u')).toEqual({ uid: 'u' })
    time.now += 1
    expect(await entries.find('a')).toBeUndefined()
    expect(await entries.findByUid('u')).toBeUndefined()
  })

  it('starts the life of an entry anew with every write', async () => {
    const { time, entries } = setUp()
    await entries.upsert('a', { uid: 'old' }, 10)
    time.now += 9_000
    await entries.upsert('a', { uid: 'new' }, 10)
    time.now += 9_000
    expect(await entries.find('a')).toEqual({ uid: 'new' })
  })

  it('marks as used, in seconds, what it still holds', async () => {
    const { time, entries } = setUp()
    await entries.upsert('a', {}, 10)
    await entries.consume('a')
    await entries.consume('unknown')
    expect(await entries.find('a')).toEqual({ consumed: time.now / 1_000 })
    expect(await entries.find('unknown')).toBeUndefined()
  })

  it('lets an entry be used once, however many looked at it before', async () => {
    const { entries } = setUp()
    await entries.upsert('a', {}, 10)
    const uses = await Promise.allSettled([entries.consume('a'), entries.consume('a'), entries.consume('a')])
    expect(uses.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  })

  it('forgets one entry, or all of a grant', async () => {
    const { entries } = setUp()
    for (const id of ['a', 'b', 'c']) await entries.upsert(id, { grantId: id === 'c' ? 'other' : 'one' }, 10)
    await entries.revokeByGrantId('one')
    expect(await Promise.all(['a', 'b', 'c'].map((id) => entries.find(id)))).toEqual([
      undefined,
      undefined,
      { grantId: 'other' },
    ])
    await entries.destroy('c')
    expect(await entries.find('c')).toBeUndefined()
  })

  it('gives up the oldest entry for a new one when it is full', async () => {
    const { entries } = setUp(2)
    for (const id of ['a', 'b', 'a', 'c']) await entries.upsert(id, { uid: id }, 10)
    const found = await Promise.all(['a', 'b', 'c'].map((id) => entries.find(id)))
    expect(found.map((entry) => entry?.uid)).toEqual(['a', undefined, 'c'])
  })
})
