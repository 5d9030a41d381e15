import { gcra } from './gcra.ts'
import type { Entry, Store } from './store.ts'

export interface MemoryOptions {
  /** When full, what was written or touched longest ago goes first. Counted apart for values and rates. Default 10 000. */
  readonly maxEntries?: number | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
  /** Milliseconds that no one can set: rates go by it. Default `performance.now`. */
  readonly steady?: (() => number) | undefined
}

/** For one process only: nothing is shared, nothing survives a restart. */
export function memoryStore(options: MemoryOptions = {}): Store {
  const { maxEntries = 10_000, clock = Date.now, steady = () => performance.now() } = options
  // In the order of the last write, so that the ones to go come first.
  const entries = new Map<string, Entry>()

  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    return entry !== undefined && entry.expiresAt > clock() ? entry : undefined
  }
  const write = (key: string, value: string, ttl: number): void => {
    entries.delete(key)
    entries.set(key, { value, expiresAt: clock() + ttl })
    for (const [oldest, { expiresAt }] of entries) {
      if (expiresAt > clock() && entries.size <= maxEntries) break
      entries.delete(oldest)
    }
  }

  return {
    local: true,
    get: async (key) => live(key),
    set: async (key, value, ttl, only) => {
      if (only !== undefined && (live(key) === undefined) !== (only === 'if-absent')) return false
      write(key, value, ttl)
      return true
    },
    touch: async (key, ttl) => {
      const entry = live(key)
      if (entry !== undefined) write(key, entry.value, ttl)
      return entry !== undefined
    },
    delete: async (key) => {
      const found = live(key) !== undefined
      entries.delete(key)
      return found
    },
    take: rates(maxEntries, steady),
  }
}

/** Kept apart from the values: a flood of addresses must not push sessions out. */
function rates(maxEntries: number, steady: () => number): Store['take'] {
  // When each bucket is full again; one that is full needs no remembering. The oldest first, like above.
  const buckets = new Map<string, number>()
  return async (key, rate) => {
    const now = steady()
    const { taken, full } = gcra(buckets.get(key), now, rate)
    buckets.delete(key)
    buckets.set(key, full)
    for (const [oldest, filled] of buckets) {
      if (filled > now && buckets.size <= maxEntries) break
      buckets.delete(oldest)
    }
    return taken
  }
}
