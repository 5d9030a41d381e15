import type { Logger } from '@bff/service-kit'
import type { Orders } from './orders.ts'

/** Takes confirmed orders to their customers, one step every `stepMs`. What is due is read from the database: a restart forgets nothing. */
export function startWarehouse(orders: Pick<Orders, 'advance'>, stepMs: number, log: Logger): Disposable {
  if (stepMs === 0) return { [Symbol.dispose]: () => {} }
  const beat = setInterval(
    () => {
      try {
        orders.advance(stepMs)
      } catch (error) {
        log.error({ err: error }, 'the warehouse missed a beat')
      }
    },
    Math.min(Math.max(stepMs / 4, 10), 1_000),
  ).unref()
  return { [Symbol.dispose]: () => clearInterval(beat) }
}
