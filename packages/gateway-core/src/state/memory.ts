import type { Entry, Store } from './store.ts'

export interface MemoryOptions {
  /** When full, what was written or touched longest ago goes first. Default 10 000. */
  readonly maxEntries?: number | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/** For one process only: nothing is shared, nothing survives a restart. */
export function memoryStore({ maxEntries = 10_000, clock = Date.now }: MemoryOptions = {}): Store {
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
  }
}
