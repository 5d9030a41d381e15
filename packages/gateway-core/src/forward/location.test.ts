import { describe, expect, it } from '@jest/globals'
import { publicLocation } from './location.ts'

describe('H-11: a Location of the upstream', () => {
  it.each([
    ['/items/2', '/api/catalog/items/2'],
    ['http://catalog:4101/items/2?x=1', '/api/catalog/items/2?x=1'],
    ['3', '/api/catalog/items/3'],
    ['http://169.254.169.254/latest', undefined],
    ['https://catalog:4101/items/2', undefined],
    ['//evil.example/', undefined],
    ['javascript:alert(1)', undefined],
    ['http://[', undefined],
  ])('%s becomes %s', (location, expected) => {
    expect(publicLocation(location, ['http://10.0.0.1:4101', 'http://catalog:4101'], '/items/1', '/api/catalog')).toBe(
      expected,
    )
  })

  it('stays below the base path of the upstream', () => {
    expect(publicLocation('/base/x', ['http://a/base'], '/1', '/api')).toBe('/api/x')
    expect(publicLocation('/elsewhere', ['http://a/base'], '/1', '/api')).toBeUndefined()
  })
})
