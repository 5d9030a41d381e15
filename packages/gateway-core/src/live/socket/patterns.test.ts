import { describe, expect, it } from '@jest/globals'
import { finder } from './patterns.ts'

describe('finder', () => {
  const find = finder({ 'orders/:id/lines/:line': 1, 'orders/all': 2, 'orders/:id': 3, news: 4 })

  it.each([
    ['orders/7', 3, { id: '7' }],
    ['orders/a-b_C/lines/1', 1, { id: 'a-b_C', line: '1' }],
    ['orders/all', 2, {}],
    ['news', 4, {}],
  ])('finds %s', (topic, value, params) => {
    expect(find(topic)).toEqual({ value, params })
  })

  it.each(['', 'orders', 'orders/', 'orders/a/b', 'orders/..', 'orders/a%2fb', 'orders/a\n', 'xorders/1', 'news/1'])(
    'finds nothing under %j',
    (topic) => {
      expect(find(topic)).toBeUndefined()
    },
  )

  it.each(['', '/orders', 'orders/', 'orders//:id', 'orders/*', 'orders/(a+)+', 'a.b', 'orders/:1'])(
    'refuses %j as a pattern',
    (pattern) => {
      expect(() => finder({ [pattern]: 1 })).toThrow(TypeError)
    },
  )
})
