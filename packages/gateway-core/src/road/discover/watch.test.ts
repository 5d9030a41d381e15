import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { pass, stopTime } from '../../../test/call.ts'
import type { Address } from './address.ts'
import type { LookupResult } from './names.ts'
import { Watch } from './watch.ts'

const at = (...urls: string[]): Address[] => urls.map((url) => ({ url, weight: 1, arm: 'main' }))
const good = (urls: string[], ttl: number): LookupResult => ({ addresses: at(...urls), ttl })
const broken = new Error('SERVFAIL')

/** A watch over a name that gives these answers in turn, the last for ever; an error is a lookup that failed. */
async function setUp(answers: readonly (LookupResult | Error)[], random = () => 0) {
  let asked = 0
  const changed = jest.fn()
  const failed = jest.fn()
  const find = async () => {
    const answer = answers[Math.min(asked++, answers.length - 1)]!
    await Promise.resolve()
    if (answer instanceof Error) throw answer
    return answer
  }
  const watch = new Watch(find, changed, failed, random)
  await watch.ask()
  return { watch, changed, failed, urls: () => watch.addresses.map(({ url }) => url), asked: () => asked }
}

beforeEach(() => void stopTime())
afterEach(() => void jest.useRealTimers())

describe('watching a name', () => {
  it.each([
    ['after its TTL', 5_000, () => 0, 5_000],
    ['a second after a TTL of 0', 0, () => 0, 1_000],
    ['after 60 s, however long its TTL', 86_400_000, () => 0, 60_000],
    ['up to half a second later, so that not all ask together', 5_000, () => 0.5, 5_250],
  ])('U-20: asks again %s', async (_, ttl, random, pause) => {
    const { asked } = await setUp([good(['a'], ttl)], random)
    await pass(pause - 1)
    expect(asked()).toBe(1)
    await pass(1)
    expect(asked()).toBe(2)
  })

  it('U-20: follows a flip, and tells of changes only', async () => {
    const { urls, changed } = await setUp([good(['a'], 0), good(['a'], 0), good(['b'], 0)])
    await pass(1_000)
    expect([urls(), changed.mock.calls.length]).toEqual([['a'], 1])
    await pass(1_000)
    expect([urls(), changed.mock.calls.length]).toEqual([['b'], 2])
  })

  it('U-20: keeps the last good answer, asks every second, and tells of the failure once', async () => {
    const { urls, failed, asked } = await setUp([good(['a'], 5_000), broken])
    await pass(5_000)
    await pass(10_000)
    expect(asked()).toBe(12)
    expect(urls()).toEqual(['a'])
    expect(failed.mock.calls).toEqual([[broken]])
  })

  it('U-20: tells of a failure again after a good answer', async () => {
    const { failed } = await setUp([broken, good(['a'], 0), broken])
    await pass(2_000)
    expect(failed).toHaveBeenCalledTimes(2)
  })

  it('U-20: asks nothing any more once it is disposed of', async () => {
    const { watch, asked } = await setUp([good(['a'], 0)])
    watch[Symbol.dispose]()
    await pass(100_000)
    expect(asked()).toBe(1)
    expect(jest.getTimerCount()).toBe(0)
  })
})
