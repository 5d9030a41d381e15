import { describe, expect, it } from '@jest/globals'
import { create } from '@bufbuild/protobuf'
import { StockLevelSchema } from '@bff/contracts/inventory'
import { line, price, stock } from './views.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' as const })
const level = (available: number, restockDays?: number) =>
  create(StockLevelSchema, { sku: 'LMP-001', available, ...(restockDays === undefined ? {} : { restockDays }) })

describe('price', () => {
  it('shows minor units as money, and keeps them', () => {
    expect(price(eur(129_050))).toEqual({ amount: 129_050, currency: 'EUR', text: '€1,290.50' })
  })
})

describe('stock', () => {
  it.each([
    [undefined, 'unknown', 'Availability unknown'],
    [level(0), 'out', 'Out of stock'],
    [level(0, 6), 'out', 'Out of stock, back in 6 days'],
    [level(4), 'low', 'Only 4 left'],
    [level(5), 'in', 'In stock'],
  ])('%#', (known, availability, text) => {
    expect(stock(known)).toEqual({ availability, text })
  })
})

describe('line', () => {
  const ordered = { productId: 'p', sku: 'LMP-001', name: 'Lamp', quantity: 2, unitPrice: eur(100), total: eur(200) }

  it('shows what the order remembers of a product that the catalog no longer knows', () => {
    expect(line(ordered, undefined)).toMatchObject({ product: { id: 'p', name: 'Lamp', image: '' }, quantity: 2 })
  })
})
