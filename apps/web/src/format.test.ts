import { describe, expect, it } from '@jest/globals'
import { count, formatMoney } from './format.ts'

describe('format', () => {
  it('shows minor units as an amount', () => {
    expect(formatMoney({ amount: 123_450, currency: 'EUR' })).toBe('€1,234.50')
  })

  it.each([
    [0, '0 items'],
    [1, '1 item'],
    [2, '2 items'],
  ])('counts %i as %s', (n, text) => {
    expect(count(n, 'item')).toBe(text)
  })
})
