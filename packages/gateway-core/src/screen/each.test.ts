import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { each } from './each.ts'

describe('each', () => {
  const items = [...Array(12).keys()]

  it('fails as a whole, whichever of its items cannot be asked for', async () => {
    for (const bad of items) {
      const ask = async (item: number) => {
        await setImmediate()
        return item
      }
      const part = each(items, (item) => {
        if (item === bad) throw new TypeError(`no. ${item}`)
        return ask(item)
      })
      await expect(Promise.resolve(part)).rejects.toThrow(`no. ${bad}`)
    }
  })

  it('keeps the order of the items, and asks for no more at a time than it may', async () => {
    let busy = 0
    let most = 0
    const part = each(
      items,
      async (item) => {
        most = Math.max(most, ++busy)
        await setImmediate()
        busy--
        return item * 2
      },
      { concurrency: 3 },
    )
    expect(await part).toEqual(items.map((item) => item * 2))
    expect(most).toBe(3)
  })

  it.each([0, -1, Number.NaN])('refuses to ask for %p at a time', (concurrency) => {
    expect(() => each([1], () => 1, { concurrency })).toThrow(RangeError)
  })
})
