import { describe, expect, it } from '@jest/globals'
import { shelfOf } from './data.ts'
import { openStock, OutOfStock, UnknownSku } from './stock.ts'

const skus = ['LMP', 'DSK', 'CHR', 'RUG', 'VAS'].flatMap((letters) =>
  Array.from({ length: 1_000 }, (_, index) => `${letters}-${String(index).padStart(3, '0')}`),
)

describe('a shelf', () => {
  it('holds the same for the same SKU, always', () => {
    expect(['LMP-000', 'LMP-001', 'LMP-006'].map((sku) => shelfOf(sku))).toEqual([
      { units: 0, restockDays: 15 },
      { units: 42 },
      { units: 2 },
    ])
  })

  it.each(['', 'lmp-001', 'LMP-01', 'LMP-0001', 'LMP001', 'XLMP-001', ' LMP-001', 'LMP-001\n'])(
    'does not exist for %j',
    (sku) => expect(shelfOf(sku)).toBeUndefined(),
  )

  it('is mostly full, sometimes nearly empty, seldom empty and then restocked', () => {
    const shelves = skus.map((sku) => shelfOf(sku)!)
    const share = (least: number, most: number) =>
      shelves.filter(({ units }) => units >= least && units <= most).length / shelves.length
    expect(share(8, 60)).toBeCloseTo(0.8, 1)
    expect(share(1, 4)).toBeCloseTo(0.12, 1)
    expect(share(0, 0)).toBeCloseTo(0.08, 1)
    expect(share(8, 60) + share(1, 4) + share(0, 0)).toBe(1)
    for (const { units, restockDays } of shelves) {
      expect(restockDays === undefined).toBe(units > 0)
      if (restockDays !== undefined) expect(restockDays).toBeGreaterThan(0)
    }
  })
})

describe('stock', () => {
  const shelves = new Map([
    ['A', { units: 5 }],
    ['B', { units: 1 }],
    ['C', { units: 0, restockDays: 3 }],
  ])
  const open = () => openStock((sku) => shelves.get(sku))

  it('tells what is left, and when more comes', () => {
    const stock = open()
    stock.reserve('o1', [{ sku: 'A', quantity: 2 }])
    expect(stock.level('A')).toEqual({ sku: 'A', available: 3 })
    expect(stock.level('C')).toEqual({ sku: 'C', available: 0, restockDays: 3 })
    expect(stock.level('Z')).toBeUndefined()
  })

  it('adds up the lines of one SKU', () => {
    const stock = open()
    const halves = [
      { sku: 'A', quantity: 3 },
      { sku: 'A', quantity: 3 },
    ]
    expect(() => stock.reserve('o1', halves)).toThrow(OutOfStock)
    expect(stock.level('A')?.available).toBe(5)
  })

  it('sets nothing aside when one line cannot be met', () => {
    const stock = open()
    for (const [sku, error] of [
      ['C', OutOfStock],
      ['Z', UnknownSku],
    ] as const) {
      const lines = [
        { sku: 'A', quantity: 1 },
        { sku, quantity: 1 },
      ]
      expect(() => stock.reserve('o1', lines)).toThrow(error)
      expect(stock.level('A')?.available).toBe(5)
    }
  })

  it('gives back what an order has, once, and lets it reserve anew', () => {
    const stock = open()
    stock.reserve('o1', [{ sku: 'B', quantity: 1 }])
    stock.reserve('o1', [{ sku: 'A', quantity: 1 }])
    expect(stock.level('A')?.available).toBe(5)
    stock.release('o1')
    stock.release('o1')
    expect(stock.level('B')?.available).toBe(1)
    stock.reserve('o1', [{ sku: 'A', quantity: 5 }])
    expect(stock.level('A')?.available).toBe(0)
  })
})
