import { describe, expect, it } from '@jest/globals'
import { parseAddresses } from './addresses.ts'

describe('a list of addresses', () => {
  it.each([
    ['http://a:4101', { kind: 'static', url: 'http://a:4101', weight: 1, arm: 'main' }],
    [' https://A/base/ ', { kind: 'static', url: 'https://a/base', weight: 1, arm: 'main' }],
    ['http://[::1]:4101;weight=1000', { kind: 'static', url: 'http://[::1]:4101', weight: 1_000, arm: 'main' }],
    ['dns+http://catalog:4101 ; weight=3', { kind: 'dns', url: 'http://catalog:4101', weight: 3, arm: 'main' }],
    ['srv+http://_http._tcp.shop', { kind: 'srv', url: 'http://_http._tcp.shop', weight: 1, arm: 'main' }],
  ])('U-20: reads %s', (text, target) => {
    expect(parseAddresses(text)).toEqual([target])
  })

  it('U-20: reads several, of several arms', () => {
    const targets = parseAddresses('http://a, http://b;weight=3,http://a;arm=canary-2')
    expect(targets.map(({ url, weight, arm }) => [url, weight, arm])).toEqual([
      ['http://a', 1, 'main'],
      ['http://b', 3, 'main'],
      ['http://a', 1, 'canary-2'],
    ])
  })

  it.each([
    ['', 'is no URL'],
    ['catalog:4101', 'must be http or https'],
    ['http://a,', 'is no URL'],
    ['ftp://a', 'must be http or https'],
    ['grpc+http://a', 'must be http or https'],
    ['http://me@a', 'must not hold credentials'],
    ['http://:secret@a', 'must not hold credentials'],
    ['http://a?', 'must not have a query or fragment'],
    ['http://a/#x', 'must not have a query or fragment'],
    ['http://a;weight=0', 'must have an integer weight, 1 to 1000'],
    ['http://a;weight=1001', 'must have an integer weight, 1 to 1000'],
    ['http://a;weight=1.5', 'must have an integer weight, 1 to 1000'],
    ['http://a;weight', 'must have an integer weight, 1 to 1000'],
    ['http://a, http://b;arm=Canary', 'must have an arm like canary'],
    ['http://a;zone=b', 'has an unknown or repeated parameter "zone=b"'],
    ['http://a;weight=1;weight=2', 'has an unknown or repeated parameter "weight=2"'],
    ['http://a;__proto__=1', 'has an unknown or repeated parameter "__proto__=1"'],
    ['http://a,http://a/', 'is listed twice'],
    ['http://a;arm=canary', 'no address belongs to the arm main'],
    ['dns+http://127.0.0.1:1', 'leave dns+ out'],
    ['dns+http://[::1]:1', 'leave dns+ out'],
    ['srv+http://_http._tcp.shop:80', 'must not have a port'],
  ])('U-20: refuses %j', (text, fault) => {
    expect(() => parseAddresses(text)).toThrow(fault)
  })

  it('U-20: says all that is wrong in one sentence', () => {
    expect(() => parseAddresses('ftp://a;weight=0, http://b?x;arm=1')).toThrow(
      'Invalid addresses: "ftp://a;weight=0" must be http or https; ' +
        '"ftp://a;weight=0" must have an integer weight, 1 to 1000; "http://b?x;arm=1" must not have a query or fragment; ' +
        '"http://b?x;arm=1" must have an arm like canary: a-z, 0-9 and -.',
    )
  })
})
