import type { DatabaseSync } from 'node:sqlite'
import { Cart } from '@bff/contracts/orders'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Carts, openCarts } from './carts.ts'
import { openDatabase } from './database.ts'

const lamp = { productId: 'lamp', sku: 'LAMP', name: 'Lamp', unitPrice: 1_290 }
const desk = { productId: 'desk', sku: 'DESK', name: 'Desk', unitPrice: 24_900 }

let db: DatabaseSync
let carts: Carts
beforeEach(() => {
  db = openDatabase(':memory:')
  carts = openCarts(db)
})
afterEach(() => db.close())

const quantities = (cart: Cart): unknown => cart.lines.map((line) => [line.productId, line.quantity])

describe('carts', () => {
  it('start empty', () => {
    expect(Cart.parse(carts.read('ada'))).toEqual({ lines: [], total: { amount: 0, currency: 'EUR' }, rev: 0 })
  })
  it('keep lines in the order they came, whatever changes later', () => {
    carts.put('ada', lamp, 1)
    carts.put('ada', desk, 2)
    const cart = carts.put('ada', lamp, 3)
    expect(quantities(cart)).toEqual([
      ['lamp', 3],
      ['desk', 2],
    ])
    expect(cart).toMatchObject({ total: { amount: 53_670 }, rev: 3 })
  })
  it('take the price of the moment a line is written', () => {
    carts.put('ada', lamp, 1)
    expect(carts.put('ada', { ...lamp, unitPrice: 990, name: 'Lamp II' }, 1)).toMatchObject({
      lines: [{ name: 'Lamp II', unitPrice: { amount: 990 } }],
      total: { amount: 990 },
    })
  })
  it('keep their rev when nothing changed', () => {
    carts.put('ada', lamp, 1)
    expect(carts.put('ada', lamp, 1).rev).toBe(1)
    expect(carts.remove('ada', 'desk').rev).toBe(1)
    expect(carts.remove('ada', 'lamp')).toMatchObject({ lines: [], rev: 2 })
  })
  it('belong to one customer each', () => {
    carts.put('ada', lamp, 1)
    carts.put('grace', desk, 1)
    carts.remove('grace', 'lamp')
    carts.empty('grace')
    expect(quantities(carts.read('ada'))).toEqual([['lamp', 1]])
    expect(carts.read('grace')).toMatchObject({ lines: [], rev: 2 })
  })
})
