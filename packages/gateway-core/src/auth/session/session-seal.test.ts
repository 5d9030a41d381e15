import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { memoryStore } from '../../state/memory.ts'
import { sealingKeys } from './sealing-keys.ts'
import { sessionRecords } from './session-records.ts'
import { nameOf, SealingKeyMissing, sessionSeal } from './session-seal.ts'

const [old, current, foreign] = ['old', 'current', 'foreign'].map((name) => `a-${name}-key-of-this-test-for-sessions`)
const id = randomBytes(32).toString('base64url')
const visit = { startedAt: 1, endsAt: 2, agent: 'Firefox', data: 'kept' }
const ours = sessionSeal(sealingKeys([current!, old!]))
const sealed = ours.close(id, visit)

describe('a sealed session', () => {
  it('takes its id and a key of the server to open, and no less', () => {
    expect(ours.open(id, sealed)).toEqual(visit)
    expect(ours.open(randomBytes(32).toString('base64url'), sealed)).toBeUndefined()
    expect(ours.open(nameOf(id), sealed)).toBeUndefined()
    expect(() => sessionSeal(sealingKeys([foreign!])).open(id, sealed)).toThrow(SealingKeyMissing)
  })

  it('tells its owner by its name alone when and with what it was begun, and nothing more', () => {
    expect(ours.about(nameOf(id), sealed)).toEqual({ startedAt: 1, endsAt: 2, agent: 'Firefox' })
    expect(ours.about(nameOf('another'), sealed)).toBeUndefined()
    expect(() => sessionSeal(sealingKeys([foreign!])).about(nameOf(id), sealed)).toThrow(SealingKeyMissing)
  })

  it('K-04: does not open when a character is changed, or a part is another entry’s', () => {
    const [key, about, content] = sealed.split('.') as [string, string, string]
    const [, told, strange] = ours.close(id, { ...visit, endsAt: 3 }).split('.') as [string, string, string]
    expect(ours.open(id, `${key}.${told}.${strange}`)).toMatchObject({ endsAt: 3 })
    for (const mixed of [`${key}.${about}.${strange}`, `${key}.${told}.${content}`]) {
      expect(ours.open(id, mixed)).toBeUndefined()
    }
    for (let at = 0; at < content.length; at += 1) {
      const bent = `${content.slice(0, at)}${content[at] === 'A' ? 'B' : 'A'}${content.slice(at + 1)}`
      // The last character of base64url has unused bits.
      if (at < content.length - 1) expect(ours.open(id, `${key}.${about}.${bent}`)).toBeUndefined()
    }
    const others = ours.close('another', visit).split('.')[2]
    for (const text of ['', '.', '..', `${key}.${about}`, `${key}.${content}.${about}`, `${key}.${about}.${others}`]) {
      expect(ours.open(id, text)).toBeUndefined()
    }
  })

  it('K-04: is opened by each key of the server, and sealed by the first when it is written again', async () => {
    const store = memoryStore({ clock: () => 0 })
    const records = (...keys: string[]) =>
      sessionRecords({ store, keys: sealingKeys(keys), idle: 60_000, clock: () => 0 })
    await records(old!).create(id, visit)
    expect((await records(current!, old!).read(id))?.visit).toEqual(visit)
    await expect(records(current!).read(id)).rejects.toThrow(SealingKeyMissing)
    await records(current!, old!).update(id, (was) => ({ ...was, data: 'more' }))
    expect((await records(current!).read(id))?.visit.data).toBe('more')
    expect(await records(current!).about(nameOf(id))).toMatchObject({ agent: 'Firefox' })
    await expect(records(old!).read(id)).rejects.toThrow(SealingKeyMissing)
  })

  it('is what the store says now, whatever was opened before', async () => {
    const store = memoryStore({ clock: () => 0 })
    const [one, two] = [1, 2].map(() =>
      sessionRecords({ store, keys: sealingKeys([current!]), idle: 60_000, clock: () => 0 }),
    )
    await one!.create(id, visit)
    const [first, again] = [await one!.read(id), await one!.read(id)]
    expect(again!.visit).toBe(first!.visit)
    await two!.update(id, (was) => ({ ...was, data: 'of two' }))
    expect((await one!.read(id))?.visit.data).toBe('of two')
    await two!.delete(nameOf(id))
    expect(await one!.read(id)).toBeUndefined()
  })
})
