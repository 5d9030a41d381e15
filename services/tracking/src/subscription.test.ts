import { describe, expect, it } from '@jest/globals'
import { subscriptionOf } from './subscription.ts'

describe('subscriptionOf', () => {
  it.each([
    ['/orders/ord_1/events', { orderId: 'ord_1', after: 0 }],
    ['/orders/ord_1/events?after=7', { orderId: 'ord_1', after: 7 }],
    ['/orders/a%2Fb/events?x=1&after=0', { orderId: 'a/b', after: 0 }],
  ])('%s', (url, subscription) => {
    expect(subscriptionOf({ url })).toEqual(subscription)
  })
  it.each(['/', '/orders//events', '/orders/a/b/events', '/orders/ord_1', '/x/orders/1/events', '/orders/%E0/events'])(
    'knows no other place: %s',
    (url) => {
      expect(() => subscriptionOf({ url })).toThrow(expect.objectContaining({ status: 404, code: 'route-not-found' }))
    },
  )
  it.each(['', '-1', '1.5', 'x', '1e3', '1234567890', '1&after=2'])('refuses after=%s', (after) => {
    expect(() => subscriptionOf({ url: `/orders/ord_1/events?after=${after}` })).toThrow(
      expect.objectContaining({ status: 400, code: 'invalid-after' }),
    )
  })
})
