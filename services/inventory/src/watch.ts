import type { Level, Stock } from './stock.ts'

/**
 * Yields the levels of `skus`, then each change, until `signal` aborts. Between two reads only the latest level of a SKU counts, so
 * a slow reader costs no more than one entry per SKU.
 */
export async function* watch(stock: Stock, skus: readonly string[], signal: AbortSignal): AsyncGenerator<Level> {
  const watched = new Set(skus)
  const changed = new Set(watched)
  let wake = () => {}
  const stop = stock.onChange((sku) => {
    if (!watched.has(sku)) return
    changed.add(sku)
    wake()
  })
  const end = () => wake()
  signal.addEventListener('abort', end)
  try {
    while (!signal.aborted) {
      const [sku] = changed
      if (sku === undefined) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      changed.delete(sku)
      const level = stock.level(sku)
      if (level !== undefined) yield level
    }
  } finally {
    stop()
    signal.removeEventListener('abort', end)
  }
}
