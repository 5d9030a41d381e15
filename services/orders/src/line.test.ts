import { Line } from '@bff/contracts/orders'
import { describe, expect, it } from '@jest/globals'
import { priced, totalOf } from './line.ts'

const lamp = { productId: 'p1', sku: 'LAMP', name: 'Lamp', unitPrice: 1_290, quantity: 3 }

describe('priced', () => {
  it('multiplies minor units', () => {
    expect(Line.parse(priced(lamp))).toMatchObject({
      unitPrice: { amount: 1_290, currency: 'EUR' },
      total: { amount: 3_870, currency: 'EUR' },
    })
  })
})

describe('totalOf', () => {
  it('adds up the lines', () => {
    expect(totalOf([priced(lamp), priced({ ...lamp, unitPrice: 5, quantity: 1 })])).toEqual({
      amount: 3_875,
      currency: 'EUR',
    })
  })
  it('is nothing without lines', () => {
    expect(totalOf([])).toEqual({ amount: 0, currency: 'EUR' })
  })
})
