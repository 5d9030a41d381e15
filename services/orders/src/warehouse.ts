import type { Logger } from '@bff/service-kit'
import type { Orders } from './orders.ts'

/** Advances confirmed orders one step every `stepMs`. Due orders are read from the database, so a restart loses nothing. */
export function startWarehouse(orders: Pick<Orders, 'advance'>, stepMs: number, log: Logger): Disposable {
  if (stepMs === 0) return { [Symbol.dispose]: () => {} }
  const beat = setInterval(
    () => {
      try {
        orders.advance(stepMs)
      } catch (error) {
        log.error({ err: error }, 'could not advance the orders')
      }
    },
    Math.min(Math.max(stepMs / 4, 10), 1_000),
  ).unref()
  return { [Symbol.dispose]: () => clearInterval(beat) }
}
