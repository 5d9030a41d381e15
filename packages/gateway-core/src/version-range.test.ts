import { describe, expect, it } from '@jest/globals'
import { inRange } from './version-range.ts'

describe('inRange', () => {
  it.each([
    ['>=2.3 <4', '2.3', true],
    ['>=2.3 <4', '2.3.0', true],
    ['>=2.3 <4', '3.99.99', true],
    ['>=2.3 <4', '2.2.9', false],
    ['>=2.3 <4', '4', false],
    ['>=2.3 <4', '2.10.0', true],
    ['>2.3', '2.3.0', false],
    ['>2.3', '2.3.1', true],
    ['<=2.3', '2.3.0', true],
    ['<=2.3', '2.3.1', false],
    ['2.3', '2.3.9', true],
    ['2.3', '2.30.0', false],
    ['2', '2.9.9', true],
    ['2.3.1', '2.3.1', true],
    ['2.3.1', '2.3.1-beta.1', false],
    ['>=2.3', '2.3.0-beta.1', false],
    ['<2.3', '2.3.0-beta.1', true],
    ['>=2.3', '2.3.0+build.7', true],
    ['>=0', '', false],
    ['>=0', 'v2', false],
    ['>=0', '2.3.4.5', false],
    ['>=0', ' 2.3', false],
    ['>=0', '9'.repeat(400), false],
    ['>=0', `1-${'a'.repeat(70)}`, false],
  ])('%s: %s is inside: %s', (range, version, inside) => {
    expect(inRange(range)(version)).toBe(inside)
  })

  it.each(['', '>=', '^2', '2.x', '>= 2', '2 || 3', '=>2'])('refuses %j as a range', (range) => {
    expect(() => inRange(range)).toThrow(/is not a version range/)
  })
})
