import { describe, expect, it } from '@jest/globals'
import { isNamed } from './tags.ts'

describe('isNamed', () => {
  it.each<[list: string, weak: boolean, strong: boolean]>([
    ['"a"', true, true],
    [' "a"\t', true, true],
    ['W/"a"', true, false],
    ['"b", "a"', true, true],
    ['"b","a","c"', true, true],
    ['W/"a", "a"', true, true],
    [',, "a" ,', true, true],
    ['"x,y", "a"', true, true],
    ['*', true, true],
    ['"b c, d", "a"', true, true],
    ['"b"', false, false],
    ['"x, "a"', false, false],
    ['"A"', false, false],
    ['"a-gzip"', false, false],
    ['""', false, false],
    ['', false, false],
    [' , ', false, false],
    // No list of tags: then it names nothing, whatever else is in it.
    ['a', false, false],
    ['w/"a"', false, false],
    ['W/ "a"', false, false],
    ['"a" "b"', false, false],
    ['"a", b', false, false],
    ['"a", "b', false, false],
    ['"a", *', false, false],
    ['**', false, false],
    ['"a";q=1', false, false],
    ['"a"\n', false, false],
  ])('H-10: %j', (list, weak, strong) => {
    expect([isNamed(list, '"a"', 'weak'), isNamed(list, '"a"', 'strong')]).toEqual([weak, strong])
  })

  it('H-10: a comma in a tag parts nothing', () => {
    expect(isNamed('"x,y"', '"x,y"', 'strong')).toBe(true)
    expect(isNamed('"x,y"', '"y"', 'weak')).toBe(false)
    expect(isNamed('"x,y"', '"x', 'weak')).toBe(false)
  })

  it('H-10: a weak tag is equal to nothing strongly, not even to itself', () => {
    expect(isNamed('W/"a"', 'W/"a"', 'strong')).toBe(false)
    expect(isNamed('"a"', 'W/"a"', 'strong')).toBe(false)
    expect(isNamed('"a"', 'W/"a"', 'weak')).toBe(true)
    expect(isNamed('W/"a"', 'W/"a"', 'weak')).toBe(true)
  })

  it('H-10: what has no tag is named by nothing but *', () => {
    expect([isNamed('*', undefined, 'weak'), isNamed('"a"', undefined, 'weak')]).toEqual([true, false])
  })

  it.each([
    ['blanks', ' '.repeat(200_000)],
    ['blanks and no comma', `${' '.repeat(200_000)}x`],
    ['an open quote', `"${'x'.repeat(200_000)}`],
    ['quotes', '"'.repeat(200_001)],
    ['commas', ','.repeat(200_000)],
    ['half tags', 'W/'.repeat(100_000)],
    ['tags', '"b",'.repeat(50_000)],
    ['blanks between', `"b"${' '.repeat(200_000)}"b"`],
  ])('H-10: takes no longer for a bad list than for its length: %s', (_, list) => {
    const start = performance.now()
    expect(isNamed(list, '"a"', 'weak')).toBe(false)
    // What goes back for each of them takes minutes.
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})
