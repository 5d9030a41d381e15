import { afterEach, describe, expect, it } from '@jest/globals'
import { silent } from '../../test/exchange.ts'
import { Load } from './load.ts'

let load: Load | undefined

/** Looks come as late as said, in ms; the answers are whether it was too much at each. */
function looks(lates: readonly number[], heap: () => number = () => 0.1): boolean[] {
  let time = 0
  load = new Load({ after: 100, log: silent, now: () => time, heap })
  return lates.map((late) => {
    time += 100 + late
    load!.look()
    return load!.over
  })
}

afterEach(() => load?.[Symbol.dispose]())

describe('X-05: too much', () => {
  it('is what comes late twice in a row, and is over with the first that comes in time', () => {
    expect(looks([0, 500, 500, 500, 0, 500])).toEqual([false, false, true, true, false, false])
  })

  it('is not a single slow moment, however slow', () => {
    expect(looks([0, 10_000, 0, 10_000, 99, 10_000])).toEqual([false, false, false, false, false, false])
  })

  it('is not what is late by less than it may be', () => {
    expect(looks([100, 100, 100])).toEqual([false, false, false])
  })

  it('is a heap that is nearly full', () => {
    const shares = [0.5, 0.86, 0.84]
    expect(looks([0, 0, 0], () => shares.shift()!)).toEqual([false, true, false])
  })
})
