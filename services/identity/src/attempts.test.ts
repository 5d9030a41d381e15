import { describe, expect, it } from '@jest/globals'
import { attempts } from './attempts.ts'

function setUp(room?: number) {
  const time = { now: 0 }
  const attempt = attempts({ clock: () => time.now, ...(room === undefined ? {} : { room }) })
  const fail = (times: number, login: string, address: string) =>
    Array.from({ length: times }, () => attempt(login, address).wait).filter((wait) => wait === 0).length
  return { time, attempt, fail }
}

describe('tries at a password', () => {
  it('are five for a login at an address, then one in 30 s', () => {
    const t = setUp()
    expect(t.fail(10, 'ada', '192.0.2.1')).toBe(5)
    expect(t.attempt('ada', '192.0.2.1').wait).toBe(30_000)
    t.time.now += 29_999
    expect(t.attempt('ada', '192.0.2.1').wait).toBe(1)
    t.time.now += 1
    expect(t.fail(3, 'ada', '192.0.2.1')).toBe(1)
    t.time.now += 3_600_000
    expect(t.fail(10, 'ada', '192.0.2.1')).toBe(5)
  })

  it('are fifty at an address, whoever it tries', () => {
    const t = setUp()
    const gone = Array.from({ length: 80 }, (_, nth) => t.fail(1, `person-${nth}`, '192.0.2.1'))
    expect(gone.filter((times) => times === 1)).toHaveLength(50)
    expect(t.attempt('ada', '192.0.2.2').wait).toBe(0)
  })

  it('are a hundred for a login, from wherever', () => {
    const t = setUp()
    const gone = Array.from({ length: 150 }, (_, nth) => t.fail(1, 'ada', `address-${nth}`))
    expect(gone.filter((times) => times === 1)).toHaveLength(100)
    expect(t.attempt('grace', 'address-1').wait).toBe(0)
  })

  it('cost nothing when they succeed, or are refused', () => {
    const t = setUp()
    for (let times = 0; times < 1_000; times++) t.attempt('ada', '192.0.2.1').succeeded()
    expect(t.fail(1_000, 'ada', '192.0.2.1')).toBe(5)
    expect(t.attempt('ada', '192.0.2.1').wait).toBe(30_000)
    expect(t.fail(5, 'grace', '192.0.2.1')).toBe(5)
  })

  it('are remembered for so many, of whom the latest stay', () => {
    const t = setUp(30)
    for (let nth = 0; nth < 1_000; nth++) t.fail(1, `person-${nth}`, `address-${nth}`)
    expect(t.fail(10, 'person-999', 'address-999')).toBe(4)
    expect(t.fail(10, 'person-0', 'address-0')).toBe(5)
  })
})
