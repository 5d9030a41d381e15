import { createHash } from 'node:crypto'

/** Stock before any reservation. */
export interface Shelf {
  readonly units: number
  readonly restockDays?: number
}

/** Deterministic per SKU, across machines and restarts, so that clients can be tested. Undefined: unknown SKU. */
export function shelfOf(sku: string): Shelf | undefined {
  if (!/^[A-Z]{3}-\d{3}$/.test(sku)) return undefined
  const digest = createHash('sha256').update(sku).digest()
  const share = digest.readUInt32BE(0) % 100
  const spread = digest.readUInt32BE(4)
  if (share < 80) return { units: 8 + (spread % 53) }
  if (share < 92) return { units: 1 + (spread % 4) }
  return { units: 0, restockDays: 2 + (spread % 20) }
}
