import { describe, expect, it } from '@jest/globals'
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

  it.each([
    '',
    ' ',
    'orders',
    '?x',
    '#x',
    '.',
    '..//evil.example',
    'evil.example',
    'https://evil.example',
    'https://app.example/orders',
    'https:evil.example',
    'https:/evil.example',
    'http://app.example@evil.example',
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '//user@evil.example',
    '//app.example@evil.example/',
    '/\\evil.example',
    '\\/evil.example',
    '\\\\evil.example',
    '/orders\\..\\..\\\\evil.example',
    '/%2fevil.example',
    '/%2F/evil.example',
    '/%5cevil.example',
    '/%5C%5Cevil.example',
    '/orders/%2e%2e/%2f/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/../..//evil.example',
    '/%2e//evil.example',
    '/%2e%2e//evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r\nset-cookie:a=b',
    '/%0d%0aset-cookie:a=b',
    '/%09/evil.example',
    '/%00',
    '/%7f',
    '\t//evil.example',
    ' //evil.example',
    ' /orders',
    '/orders ',
    '/or ders',
    '/\u0000',
    '/\u007f',
    '/\u00a0/evil.example',
    '/\u2028',
    '/\u3000/evil.example',
    '/\uff0fevil.example',
    '\uff0f\uff0fevil.example',
    '/。evil.example',
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)//',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://app.example/x',
    '/bff',
    '/bff/login',
    '/bff/login?returnUrl=/bff/login',
    '/BFF/logout',
    '/x/../bff/login',
    `/${'x'.repeat(1_024)}`,
  ])('refuses %j', (given) => {
    expect(returnPath(given, OWN)).toBeUndefined()
  })
})
