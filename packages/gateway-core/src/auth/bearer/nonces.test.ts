import { describe, expect, it } from '@jest/globals'
import { NOW } from '../../../test/issuer.ts'
import { nonceLife, nonces } from './nonces.ts'

const secret = 'a-secret-of-this-test-and-nothing-else'

function setUp() {
  const time = { now: NOW }
  return { time, ...nonces([secret], () => time.now) }
}

describe('nonces', () => {
  it('N-12: are good in every process with the same secret, and in no other', () => {
    const nonce = setUp().current()
    expect(nonce).toMatch(/^[\w-]{30}$/)
    expect(setUp().isGood(nonce)).toBe(true)
    expect(nonces([`${secret}!`], () => NOW).isGood(nonce)).toBe(false)
  })

  it('N-12: are signed with the first secret and good by each, so that one can be replaced', () => {
    const next = `${secret}-next`
    const [before, published, after] = [[secret], [secret, next], [next, secret]].map((ring) => nonces(ring, () => NOW))
    for (const [one, other] of [
      [before!, published!],
      [published!, after!],
    ] as const) {
      expect([one.isGood(other.current()), other.isGood(one.current())]).toEqual([true, true])
    }
    expect(before!.isGood(after!.current())).toBe(false)
  })

  it('N-12: change each minute, and each is good for five more', () => {
    const { time, current, isGood } = setUp()
    const nonce = current()
    time.now += 60_000
    expect(current()).not.toBe(nonce)
    time.now += nonceLife - 120_000
    expect(isGood(nonce)).toBe(true)
    time.now += 60_000
    expect(isGood(nonce)).toBe(false)
  })

  it('N-12: may come from a clock that is a minute ahead, and not two', () => {
    const { time, current, isGood } = setUp()
    time.now += 60_000
    const [ahead] = [current()]
    time.now += 60_000
    const further = current()
    time.now = NOW
    expect([isGood(ahead), isGood(further)]).toEqual([true, false])
  })

  it('N-12: cannot be made up', () => {
    const { current, isGood } = setUp()
    const nonce = current()
    const bytes = Buffer.from(nonce, 'base64url')
    const flipped = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const copy = Buffer.from(bytes)
      copy[bit >> 3]! ^= 1 << (bit & 7)
      return copy.toString('base64url')
    })
    expect([undefined, 1, '', [nonce], nonce.slice(1), `${nonce}A`, `${nonce}=`, ...flipped].filter(isGood)).toEqual([])
    // 30 characters of base64url are 22 bytes and four spare bits.
    const spare = nonce.slice(0, -1) + ({ A: 'B', Q: 'R', g: 'h', w: 'x' } as Record<string, string>)[nonce.at(-1)!]!
    expect(isGood(spare)).toBe(false)
  })
})
