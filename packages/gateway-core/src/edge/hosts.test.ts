import { expect, it } from '@jest/globals'
import { hostOf, hosts } from './hosts.ts'

it.each([
  ['Shop.Example:8080', 'shop.example'],
  ['localhost', 'localhost'],
  ['[::1]:4000', '[::1]'],
  ['xn--caf-dma.example', 'xn--caf-dma.example'],
  ['127.0.0.1:65535', '127.0.0.1'],
  ['127.0.0.1:65536', undefined],
  ['shop.example.', undefined],
  ['a..b', undefined],
  ['[::1', undefined],
  ['[1.2.3.4]', undefined],
  ['user@shop.example', undefined],
  ['', undefined],
])('H-01: the name in %j is %j', (field, name) => {
  expect(hostOf(field)).toBe(name)
})

it('H-01: what was ours once does not make others so', () => {
  const verdict = hosts(['shop.example'])
  const asked = ['shop.example', 'shop.example', 'evil', 'shop.example:1', 'evil', 'a b'].map((field) => verdict(field))
  expect(asked).toEqual(['ours', 'ours', 'unknown', 'ours', 'unknown', 'malformed'])
  expect(hosts([])('anything')).toBe('ours')
})

it('refuses a list with something else than names', () => {
  expect(() => hosts(['shop.example', 'shop.example:80', 'https://shop.example'])).toThrow(
    'shop.example:80, https://shop.example',
  )
})
