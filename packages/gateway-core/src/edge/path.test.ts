import { describe, expect, it } from '@jest/globals'
import { canonical } from './path.ts'

describe('canonical', () => {
  it.each([
    ['/', '/'],
    ['/api/products/1', '/api/products/1'],
    ['P-05 /api/%61dmin'.slice(5), '/api/admin'],
    ['P-07 /api/%2561dmin'.slice(5), '/api/%2561dmin'],
    ['/api/caf%c3%a9', '/api/caf%C3%A9'],
    ['/api/a%20b', '/api/a%20b'],
    ['/api/admin.', '/api/admin.'],
    ['/API/Admin', '/API/Admin'],
  ])('%s becomes %s, and stays', (path, expected) => {
    expect(canonical(path)).toBe(expected)
    expect(canonical(expected)).toBe(expected)
  })

  it.each([
    ['P-02', '/api//admin/x'],
    ['P-03', '/api/./admin'],
    ['P-03', '/api/x/../admin'],
    ['P-04', '/api/x/%2e%2e/admin'],
    ['P-04', '/api/x/..%2fadmin'],
    ['P-04', '/api/..'],
    ['P-04', '/api/%2E%2e'],
    ['P-06', '/api/admin%2fx'],
    ['P-06', '/api/admin%5cx'],
    ['P-06', '/api/\\admin'],
    ['P-08', '/api/admin;a=b'],
    ['P-08', '/api/x/..;/admin'],
    ['P-08', '/api/admin%3ba=b'],
    ['P-09', '/api/admin%00'],
    ['P-09', '/api/admin%7f'],
    ['P-10', '/api/%zz'],
    ['P-10', '/api/%c0%ae'],
    ['P-10', '/api/%'],
    ['P-11', '/api/x#/admin'],
    ['P-12', 'http://evil/api'],
    ['P-14', '*'],
    ['P-16', '/api/a b'],
    ['P-16', '/api/caf\u00e9'],
    ['P-17', '/api/foo%0d%0aX:y'],
    ['P-18', `/${'a'.repeat(8_192)}`],
  ])('%s: refuses %s', (_, path) => {
    expect(canonical(path)).toBeUndefined()
  })
})
