import { EventEmitter, once } from 'node:events'
import type { OrderEvent } from '@bff/contracts/orders'
import { logger } from '@bff/service-kit'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { LogReader } from '../src/log-reader.ts'
import { type OrdersLog, serviceSecret, startOrdersLog } from './orders-log.ts'

let ordersLog: OrdersLog
let reader: LogReader | undefined
let read: OrderEvent[]
let replaced: number
const news = new EventEmitter()

beforeEach(async () => {
  ordersLog = await startOrdersLog()
  read = []
  replaced = 0
})
afterEach(async () => {
  await reader?.[Symbol.asyncDispose]()
  await ordersLog[Symbol.asyncDispose]()
})

const start = (pollMs: number): LogReader => {
  reader = new LogReader({
    ordersUrl: ordersLog.url,
    serviceSecret,
    pollMs,
    append: (events) => {
      read.push(...events)
      if (events.length > 0) news.emit('event')
    },
    replaced: () => {
      replaced += 1
      read = []
    },
    log: logger('tracking', 'silent'),
    random: () => 0,
  })
  return reader
}
const hour = 3_600_000

describe('LogReader', () => {
  it('reads page after page to the end before it is ready', async () => {
    for (let nth = 0; nth < 2_500; nth++) ordersLog.write('a')
    const log = start(hour)
    expect(log.ready).toBe(false)
    await log.caughtUp()
    expect(log.ready).toBe(true)
    expect(read).toEqual(ordersLog.entries)
  })
  it('reads on at once when asked, however long the pause', async () => {
    const log = start(hour)
    await log.caughtUp()
    ordersLog.write('a')
    await Promise.all([log.caughtUp(), log.caughtUp()])
    expect(read).toEqual(ordersLog.entries)
  })
  it('asks again when what is under way may have come too early', async () => {
    const asked = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    ordersLog.hold = () => {
      asked.resolve()
      return release.promise
    }
    const log = start(hour)
    await asked.promise
    ordersLog.write('a')
    const caughtUp = log.caughtUp()
    release.resolve()
    await caughtUp
    expect(read).toEqual(ordersLog.entries)
  })
  it('goes on by itself after a failure, where it was', async () => {
    ordersLog.write('a')
    const log = start(5)
    await log.caughtUp()
    ordersLog.broken = true
    await expect(log.caughtUp()).rejects.toThrow('orders answered 500')
    ordersLog.write('b')
    const readOn = once(news, 'event')
    ordersLog.broken = false
    await readOn
    expect(read).toEqual(ordersLog.entries)
  })
  it('starts again when the log is another one', async () => {
    ordersLog.write('a')
    ordersLog.write('b')
    const log = start(hour)
    await log.caughtUp()
    ordersLog.entries.length = 0
    ordersLog.write('c')
    await expect(log.caughtUp()).rejects.toThrow('shorter')
    await log.caughtUp()
    expect(replaced).toBe(1)
    expect(read).toEqual(ordersLog.entries)
  })
  it('refuses what is no log', async () => {
    ordersLog.entries.push({ orderId: 'a' } as OrderEvent)
    await expect(start(hour).caughtUp()).rejects.toThrow('customerId')
    expect(read).toEqual([])
  })
})
