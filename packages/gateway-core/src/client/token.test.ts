import { describe, expect, it } from '@jest/globals'
import { bearer, type Token } from './bearer.ts'

describe('the token itself, for a message', () => {
  const minute = 60_000
  function setUp(life: number) {
    let asked = 0
    const refresh = async (): Promise<Token> => ({ accessToken: `next-${++asked}`, expiresAt: 10 * minute })
    const as = bearer({ token: { accessToken: 'first', expiresAt: life }, refresh }, () => 0)
    return { as, asked: () => asked }
  }

  it('E-7: is the one there is, while it is good for long enough', async () => {
    const t = setUp(3 * minute)
    expect((await t.as.token('live', minute))?.accessToken).toBe('first')
    expect(t.asked()).toBe(0)
  })

  it('E-7: is another where the one there is ends too soon, by one refresh for all who ask', async () => {
    const t = setUp(2 * minute)
    const all = await Promise.all([1, 2, 3].map(() => t.as.token('live', 2 * minute)))
    expect(all.map((token) => token?.accessToken)).toEqual(['next-1', 'next-1', 'next-1'])
    expect(t.asked()).toBe(1)
  })

  it('is none where nobody is signed in', async () => {
    expect(await bearer({}).token('live', minute)).toBeUndefined()
  })
})
