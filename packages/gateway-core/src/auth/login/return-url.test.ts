import { describe, expect, it } from '@jest/globals'
import { elsewhere } from '../../../test/elsewhere.ts'
import { returnPath } from './return-url.ts'

const OWN = 'https://app.example'

describe('returnPath', () => {
  it.each([
    ['/', '/'],
    ['/orders', '/orders'],
    ['/orders/7?page=2&next=https://elsewhere.example#top', '/orders/7?page=2&next=https://elsewhere.example#top'],
    ['/a/../b', '/b'],
    ['/@evil.example', '/@evil.example'],
    ['/search?q=a%2Fb%0A', '/search?q=a%2Fb%0A'],
    ['/bffx', '/bffx'],
    ['/caf%C3%A9', '/caf%C3%A9'],
  ])('goes back to %s', (given, path) => {
    expect(returnPath(given, OWN)).toBe(path)
    expect(new URL(path, OWN).origin).toBe(OWN)
  })

  it.each(elsewhere)('S-2: refuses %j', (given) => {
    expect(returnPath(given, OWN)).toBeUndefined()
  })
})
