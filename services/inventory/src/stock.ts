import { type Shelf, shelfOf } from './data.ts'

export interface Level {
  readonly sku: string
  readonly available: number
  readonly restockDays?: number
}

export interface Line {
  readonly sku: string
  readonly quantity: number
}

export class UnknownSku extends Error {
  override readonly name = 'UnknownSku'
}

export class OutOfStock extends Error {
  override readonly name = 'OutOfStock'
}

export interface Stock {
  level(sku: string): Level | undefined
  /** All lines or none; throws `UnknownSku` or `OutOfStock`. An order that holds a reservation keeps it unchanged. */
  reserve(orderId: string, lines: readonly Line[]): void
  release(orderId: string): void
  /** Calls the listener with each SKU whose level changed. Returns a function that removes it. */
  onChange(listener: (sku: string) => void): () => void
}

export function openStock(shelf: (sku: string) => Shelf | undefined = shelfOf): Stock {
  const orders = new Map<string, ReadonlyMap<string, number>>()
  const aside = new Map<string, number>()
  const listeners = new Set<(sku: string) => void>()
  const put = (sku: string, units: number) => {
    aside.set(sku, (aside.get(sku) ?? 0) + units)
    for (const listener of listeners) listener(sku)
  }
  const level = (sku: string): Level | undefined => {
    const found = shelf(sku)
    if (found === undefined) return undefined
    const { units, ...restock } = found
    return { sku, available: units - (aside.get(sku) ?? 0), ...restock }
  }
  return {
    level,
    reserve(orderId, lines) {
      if (orders.has(orderId)) return
      const wanted = sum(lines)
      for (const sku of wanted.keys()) if (level(sku) === undefined) throw new UnknownSku(`no such SKU: ${sku}`)
      for (const [sku, units] of wanted) {
        const { available } = level(sku)!
        if (available < units) throw new OutOfStock(`${sku}: ${available} available, ${units} wanted`)
      }
      for (const [sku, units] of wanted) put(sku, units)
      orders.set(orderId, wanted)
    },
    release(orderId) {
      for (const [sku, units] of orders.get(orderId) ?? []) put(sku, -units)
      orders.delete(orderId)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function sum(lines: readonly Line[]): ReadonlyMap<string, number> {
  const total = new Map<string, number>()
  for (const { sku, quantity } of lines) total.set(sku, (total.get(sku) ?? 0) + quantity)
  return total
}
