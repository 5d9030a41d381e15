import { beforeAll, describe, expect, it } from '@jest/globals'
import type { JWK } from 'oidc-provider'
import { keyRing } from './key-ring.ts'
import { signingKey } from './keys.ts'

let keys: JWK[]
beforeAll(async () => {
  keys = await Promise.all([signingKey(), signingKey(), signingKey()])
})

describe('a ring of keys', () => {
  it('begins with what it is given, and makes what is missing', async () => {
    expect((await keyRing({ keys })).keys).toEqual(keys)
    const [given, made, ...none] = (await keyRing({ keys: keys.slice(0, 1) })).keys
    expect([given, made?.kty, none]).toEqual([keys[0], 'RSA', []])
  })

  it('never signs with a key that was not published for a turn, and keeps the old ones for two hours', async () => {
    const time = { now: 0 }
    const ring = await keyRing({ keys: keys.slice(0, 2), clock: () => time.now })
    const seen = [ring.keys]
    for (const hours of [1, 1, 3]) {
      time.now += hours * 3_600_000
      await ring.rotate()
      seen.push(ring.keys)
    }
    for (const [nth, [signing]] of seen.entries()) if (nth > 0) expect(seen[nth - 1]![1]).toBe(signing)
    expect(seen.map(({ length }) => length)).toEqual([2, 3, 4, 3])
    expect(new Set(seen.flat()).size).toBe(5)
  })
})
