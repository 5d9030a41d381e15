import type { OrderEvent } from '@bff/contracts/orders'
import { describe, expect, it } from '@jest/globals'
import { createTimelines } from './timelines.ts'

const event = (orderId: string, rev: number): OrderEvent => ({
  orderId,
  customerId: 'ada',
  rev,
  status: 'created',
  at: '2026-01-01T00:00:00.000Z',
})

describe('timelines', () => {
  it('sort the log by order', () => {
    const timelines = createTimelines()
    timelines.append([event('a', 1), event('b', 1)])
    timelines.append([event('a', 2)])
    expect(timelines.of('a')).toEqual([event('a', 1), event('a', 2)])
    expect(timelines.of('b')).toEqual([event('b', 1)])
    expect(timelines.of('c')).toEqual([])
  })
  it('tell each follower of an order what is new, until it leaves', () => {
    const timelines = createTimelines()
    const told: string[] = []
    timelines.append([event('a', 1)])
    const leave = timelines.follow('a', ({ rev }) => told.push(`first ${rev}`))
    timelines.follow('a', ({ rev }) => told.push(`second ${rev}`))
    timelines.append([event('a', 2), event('b', 1)])
    leave()
    timelines.append([event('a', 3)])
    expect(told).toEqual(['first 2', 'second 2', 'second 3'])
  })
  it('let a follower come back after the last one left', () => {
    const timelines = createTimelines()
    const told: number[] = []
    const leave = timelines.follow('a', () => {})
    leave()
    timelines.follow('a', ({ rev }) => told.push(rev))
    leave()
    timelines.append([event('a', 1)])
    expect(told).toEqual([1])
  })
  it('forget', () => {
    const timelines = createTimelines()
    timelines.append([event('a', 1)])
    timelines.clear()
    expect(timelines.of('a')).toEqual([])
  })
})
