import { describe, expect, it } from '@jest/globals'
import { attempts } from './attempts.ts'

function setUp(room?: number) {
  const time = { now: 0 }
  const attempt = attempts({ clock: () => time.now, ...(room === undefined ? {} : { room }) })
  const wrong = async () => undefined
  return {
    time,
    attempt,
    wait: async (login: string, address: string) => (await attempt(login, address, wrong)).wait,
    /** Makes `times` wrong tries at once; returns how many got through. */
    async fail(times: number, login: string, address: string) {
      const tries = Array.from({ length: times }, () => attempt(login, address, wrong))
      return (await Promise.all(tries)).filter(({ wait }) => wait === 0).length
    },
  }
}

const right = async () => 'ada'

describe('tries at a password', () => {
  it('are five for a login at an address, then one in 30 s', async () => {
    const t = setUp()
    expect(await t.fail(10, 'ada', '192.0.2.1')).toBe(5)
    expect(await t.wait('ada', '192.0.2.1')).toBe(30_000)
    t.time.now += 29_999
    expect(await t.wait('ada', '192.0.2.1')).toBe(1)
    t.time.now += 1
    expect(await t.fail(3, 'ada', '192.0.2.1')).toBe(1)
    t.time.now += 3_600_000
    expect(await t.fail(10, 'ada', '192.0.2.1')).toBe(5)
  })

  it('are fifty at an address, whoever it tries', async () => {
    const t = setUp()
    const gone = await Promise.all(Array.from({ length: 80 }, (_, nth) => t.fail(1, `person-${nth}`, '192.0.2.1')))
    expect(gone.filter((times) => times === 1)).toHaveLength(50)
    expect(await t.wait('ada', '192.0.2.2')).toBe(0)
  })

  it('are a hundred for a login, from wherever', async () => {
    const t = setUp()
    const gone = await Promise.all(Array.from({ length: 150 }, (_, nth) => t.fail(1, 'ada', `address-${nth}`)))
    expect(gone.filter((times) => times === 1)).toHaveLength(100)
    expect(await t.wait('grace', 'address-1')).toBe(0)
  })

  it('cost nothing when they succeed, however many at once, or when they are not made', async () => {
    const t = setUp()
    const all = await Promise.all(Array.from({ length: 200 }, () => t.attempt('ada', '192.0.2.1', right)))
    expect(all.every(({ wait, result }) => wait === 0 && result === 'ada')).toBe(true)
    expect(await t.fail(1_000, 'ada', '192.0.2.1')).toBe(5)
    expect(await t.wait('ada', '192.0.2.1')).toBe(30_000)
    expect(await t.attempt('ada', '192.0.2.1', right)).toEqual({ wait: 30_000 })
    expect(await t.fail(5, 'grace', '192.0.2.1')).toBe(5)
  })

  it('are remembered for so many, of whom the latest stay', async () => {
    const t = setUp(30)
    for (let nth = 0; nth < 1_000; nth++) await t.fail(1, `person-${nth}`, `address-${nth}`)
    expect(await t.fail(10, 'person-999', 'address-999')).toBe(4)
    expect(await t.fail(10, 'person-0', 'address-0')).toBe(5)
  })
})
