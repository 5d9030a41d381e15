import { describe, expect, it } from '@jest/globals'
import { placeOf } from './place.ts'

const made = () => placeOf(1)

describe('placeOf', () => {
  it('names the file with its folder, and the line, of whoever called', () => {
    const here = placeOf(0)
    const there = made()
    const line = (place: string) => Number(/^src\/place\.test\.ts:(\d+)$/.exec(place)?.[1])
    expect(line(here)).toBeGreaterThan(0)
    expect(line(there)).toBe(line(here) + 1)
  })

  it('is empty when nobody called', () => {
    expect(placeOf(150)).toBe('')
  })
})
