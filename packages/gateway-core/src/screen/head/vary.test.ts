import { describe, expect, it } from '@jest/globals'
import { vary } from './vary.ts'

describe('vary', () => {
  it.each<[readonly string[], string | undefined]>([
    [[], undefined],
    [['', ' , '], undefined],
    [['Cookie'], 'cookie'],
    [['x-beta', 'Accept-Language', 'X-Beta'], 'accept-language, x-beta'],
    [['accept-encoding, Cookie', 'accept-encoding'], 'accept-encoding, cookie'],
    [['cookie', '*', 'x-beta'], '*'],
    [['cookie, *'], '*'],
  ])('H-13: %j', (names, line) => {
    expect(vary(names)).toBe(line)
    expect(vary(names.toReversed())).toBe(line)
  })
})
