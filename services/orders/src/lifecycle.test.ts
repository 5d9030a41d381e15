import { Order } from '@bff/contracts/orders'
import { describe, expect, it } from '@jest/globals'
import { IllegalStep, next, step } from './lifecycle.ts'

const legal = new Set(['created confirmed', 'confirmed packed', 'packed shipped', 'shipped delivered'])
const statuses = Order.shape.status.options
const pairs = statuses.flatMap((from) => statuses.map((to) => ({ from, to })))

describe('step', () => {
  it.each(pairs)('$from → $to', ({ from, to }) => {
    if (legal.has(`${from} ${to}`)) expect(step(from, to)).toBe(to)
    else expect(() => step(from, to)).toThrow(IllegalStep)
  })
})

describe('next', () => {
  it('leads from created to delivered, and no further', () => {
    expect(next(next(next(next('created'))))).toBe('delivered')
    expect(() => next('delivered')).toThrow(IllegalStep)
  })
})
