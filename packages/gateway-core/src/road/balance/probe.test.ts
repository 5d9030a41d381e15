import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { pass, stopTime } from '../../../test/call.ts'
import { type Ask, Probe } from './probe.ts'

const policy = { path: '/readyz', interval: 1_000, timeout: 200, healthy: 2, unhealthy: 3 }
const address = { url: 'http://a', weight: 1, arm: 'main' }

/** A probe of one instance; `random` 0.5 leaves the intervals as they are, and the first half as long. */
function setUp(ask: Ask, random = () => 0.5) {
  const asked = jest.fn(ask)
  const probed = jest.fn()
  const probe = new Probe({ address, probed }, policy, asked, random)
  return { probe, asked, probed: () => probed.mock.calls.map(([well]) => well) }
}

beforeEach(() => void stopTime())
afterEach(() => void jest.useRealTimers())

describe('probe', () => {
  it('G14: unwell after three failures in a row, well after two answers', async () => {
    const answers = [true, false, false, true, false, false, false, true, false, true, true]
    const { probed } = setUp(() => Promise.resolve(answers.shift() ?? true))
    await pass(6_499)
    expect(probed()).toEqual([])
    await pass(1)
    expect(probed()).toEqual([false])
    await pass(3_999)
    expect(probed()).toEqual([false])
    await pass(1)
    expect(probed()).toEqual([false, true])
  })

  it.each<[string, Ask]>([
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
  ])('G14: an ask that %s is a no', async (_, ask) => {
    const { probed } = setUp(ask)
    await pass(2_500)
    expect(probed()).toEqual([false])
  })

  it('G14: never two at a time: what does not answer fails with each interval', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const { asked, probed } = setUp(() => promise)
    await pass(700)
    expect(probed()).toEqual([])
    await pass(1_800)
    expect([asked.mock.calls.length, probed()]).toEqual([1, [false]])
    resolve(true)
    await pass(1_000)
    expect([asked.mock.calls.length, probed()]).toEqual([2, [false]])
    await pass(1_000)
    expect(probed()).toEqual([false, true])
  })

  it.each([
    [0, 900],
    [1, 1_100],
  ])('G14: intervals are off by up to a tenth (%d)', async (drawn, interval) => {
    const { asked } = setUp(
      () => Promise.resolve(true),
      () => drawn,
    )
    await pass(1_000 * drawn + 1)
    expect(asked).toHaveBeenCalledTimes(1)
    await pass(interval - 2)
    expect(asked).toHaveBeenCalledTimes(1)
    await pass(2)
    expect(asked).toHaveBeenCalledTimes(2)
  })

  it('G14: leaves nothing behind', async () => {
    const { probe, asked } = setUp(() => new Promise(() => undefined))
    await pass(501)
    probe[Symbol.dispose]()
    expect(jest.getTimerCount()).toBe(0)
    await pass(10_000)
    expect(asked).toHaveBeenCalledTimes(1)
  })
})
