import { describe, expect, it } from '@jest/globals'
import { exchangeOf } from '../test/exchange.ts'
import type { Exchange, Predicate } from './exchange.ts'
import * as when from './when.ts'

const asked = (search: string): Partial<Exchange> => ({ search, query: new URLSearchParams(search) })
const sent = (headers: Record<string, string>): Partial<Exchange> => ({ headers })
const at = (time: string) => () => Date.parse(time)

describe('a predicate', () => {
  it.each<[Predicate, Partial<Exchange>, boolean]>([
    [when.method('GET', 'HEAD'), { method: 'HEAD' }, true],
    [when.method('GET', 'HEAD'), { method: 'POST' }, false],
    [when.host('shop.example'), sent({ host: 'Shop.Example:8080' }), true],
    [when.host('shop.example'), sent({ host: 'shop.example.' }), true],
    [when.host('shop.example'), sent({ host: 'evil-shop.example' }), false],
    [when.host('*.shop.example'), sent({ host: 'eu.shop.example' }), true],
    [when.host('*.shop.example'), sent({ host: 'shop.example' }), false],
    [when.host('*.shop.example'), sent({ host: '.shop.example' }), false],
    [when.host('*.shop.example'), sent({ host: 'evilshop.example' }), false],
    [when.host('[::1]'), sent({ host: '[::1]:80' }), true],
    [when.host('a'), {}, false],
    [when.header('X-Beta'), sent({ 'x-beta': '' }), true],
    [when.header('X-Beta'), {}, false],
    [when.header('constructor'), {}, false],
    [when.header('x-beta', '1'), sent({ 'x-beta': '1' }), true],
    [when.header('x-beta', '1'), sent({ 'x-beta': '11' }), false],
    [when.header('x-beta', ['1', '2']), sent({ 'x-beta': '2' }), true],
    [when.header('x-beta', ['1', '2']), sent({ 'x-beta': '1, 2' }), false],
    [when.header('x-beta', /^o/), sent({ 'x-beta': 'on' }), true],
    [when.query('debug'), asked('?debug='), true],
    [when.query('debug'), asked('?x=debug'), false],
    [when.query('v', '2'), asked('?v=1&v=2'), true],
    [when.query('v', '2'), asked(''), false],
    [when.cookie('flag', 'on'), sent({ cookie: 'a=1; flag=on' }), true],
    [when.cookie('flag', 'on'), sent({ cookie: 'xflag=on' }), false],
    [when.cookie('flag', 'on'), sent({ cookie: 'flag=off; flag=on' }), false],
    [when.cookie('flag'), sent({ cookie: 'flag=' }), true],
    [when.cookie('flag'), {}, false],
    [when.from('2027-01-01T00:00:00Z', at('2027-01-01T00:00:00Z')), {}, true],
    [when.from('2027-01-01T00:00:00Z', at('2026-12-31T23:59:59Z')), {}, false],
    [when.until('2027-01-01T00:00:00Z', at('2026-12-31T23:59:59Z')), {}, true],
    [when.until('2027-01-01T00:00:00Z', at('2027-01-01T00:00:00Z')), {}, false],
    [when.between('2027-01-01', '2027-01-02', at('2027-01-01T12:00:00Z')), {}, true],
    [when.between('2027-01-01', '2027-01-02', at('2027-01-02')), {}, false],
    [when.address('10.0.0.0/8'), { address: '10.255.0.1' }, true],
    [when.address('10.0.0.0/8'), { address: '11.0.0.1' }, false],
    [when.address('10.0.0.0/8'), { address: '::ffff:10.0.0.1' }, true],
    [when.address('10.0.0.7', '2001:db8::/32'), { address: '2001:db8::1' }, true],
    [when.address('10.0.0.7'), { address: '10.0.0.8' }, false],
    [when.address('10.0.0.0/8'), { address: '' }, false],
    [when.appVersion('>=2.3 <4'), sent({ 'x-app-version': '3.1' }), true],
    [when.appVersion('>=2.3 <4'), sent({ 'x-app-version': 'newest' }), false],
    [when.appVersion('>=2.3 <4'), {}, false],
    [when.all(when.method('GET'), when.header('a')), sent({ a: '1' }), true],
    [when.all(when.method('POST'), when.header('a')), sent({ a: '1' }), false],
    [when.any(when.method('POST'), when.header('a')), sent({ a: '1' }), true],
    [when.any(when.method('POST'), when.header('a')), {}, false],
    [when.not(when.header('a')), {}, true],
  ])('$0.describe', (predicate, given, holds) => {
    expect(predicate.test(exchangeOf(given))).toBe(holds)
  })

  it('says what it asks', () => {
    const one = when.all(when.header('X-Beta', ['1', '2']), when.not(when.any(when.cookie('a', /x/i), when.query('q'))))
    expect(one.describe).toBe('(header x-beta = "1" | "2" and not (cookie a ~ /x/i or query q))')
  })

  it.each<[string, () => unknown, RegExp]>([
    ['a date', () => when.from('tomorrow'), /"tomorrow" is not a date/],
    [
      'a time that is over before it begins',
      () => when.between('2027-01-02', '2027-01-01'),
      /the end must be after the start/,
    ],
    ['a share', () => when.weight(10), /the share must be from 0 to 1/],
    ['a share that is no number', () => when.weight(Number.NaN), /the share must be from 0 to 1/],
    ['an address', () => when.address('10.0.0/8'), /invalid address range/],
    ['a prefix', () => when.address('10.0.0.0/33'), /invalid address range/],
    ['an empty prefix', () => when.address('10.0.0.0/'), /invalid address range/],
    ['a pattern with a memory', () => when.header('a', /x/g), /keeps state between tests/],
    ['a range', () => when.appVersion('new'), /not a version range/],
  ])('refuses %s that it cannot mean', (_, make, message) => {
    expect(make).toThrow(message)
  })
})

describe('weight', () => {
  const keys = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`)
  const chosen = (predicate: Predicate) => new Set(keys.filter((address) => predicate.test(exchangeOf({ address }))))

  it.each([0, 0.01, 0.1, 0.5, 1])('takes a share of %d of the clients', (share) => {
    const part = chosen(when.weight(share)).size / keys.length
    expect(Math.abs(part - share)).toBeLessThan(0.015)
  })

  it('takes the same clients every time, and keeps them when the share grows', () => {
    const few = chosen(when.weight(0.1))
    expect(chosen(when.weight(0.1))).toEqual(few)
    const more = chosen(when.weight(0.3))
    expect([...few].filter((address) => !more.has(address))).toEqual([])
  })

  it('divides them anew for another experiment', () => {
    const address = (exchange: Exchange) => exchange.address
    const other = chosen(when.weight(0.5, address, 'b'))
    const both = [...chosen(when.weight(0.5, address, 'a'))].filter((one) => other.has(one))
    expect(Math.abs(both.length / keys.length - 0.25)).toBeLessThan(0.03)
  })

  it('leaves out who has no key', () => {
    expect(when.weight(1, () => undefined).test(exchangeOf({}))).toBe(false)
  })
})
