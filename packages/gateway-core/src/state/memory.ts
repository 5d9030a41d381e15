import { gcra } from './gcra.ts'
import { listeners } from './listeners.ts'
import type { Entry, Only, Store } from './store.ts'

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
      if (only !== undefined && !holds(only, live(key)?.value)) return false
      write(key, value, ttl)
      return true
    },
    touch: async (key, ttl) => {
      const entry = live(key)
      if (entry !== undefined) write(key, entry.value, ttl)
      return entry !== undefined
    },
    delete: async (key, was) => {
      const found = live(key)
      if (found === undefined || (was !== undefined && found.value !== was)) return false
      return entries.delete(key)
    },
    ...sets(maxEntries, clock),
    ...channels(),
    take: rates(maxEntries, steady),
  }
}

function holds(only: Only, value: string | undefined): boolean {
  if (typeof only === 'object') return value === only.was
  return (value === undefined) === (only === 'if-absent')
}

interface Members {
  /** Until when each is one. */
  readonly ends: Map<string, number>
  expiresAt: number
  /** So many are looked through for those that have ended: each add pays for two looks at most. */
  sweepAt: number
}

/** Kept apart from the values, like rates. */
function sets(maxEntries: number, clock: () => number): Pick<Store, 'add' | 'remove' | 'members'> {
  const kept = new Map<string, Members>()
  const live = (key: string) => {
    const found = kept.get(key)
    return found !== undefined && found.expiresAt > clock() ? found : undefined
  }
  return {
    add: async (key, member, ttl) => {
      const until = clock() + ttl
      const of: Members = live(key) ?? { ends: new Map(), expiresAt: 0, sweepAt: 16 }
      of.ends.set(member, Math.max(of.ends.get(member) ?? 0, until))
      of.expiresAt = Math.max(of.expiresAt, until)
      if (of.ends.size >= of.sweepAt) {
        for (const [other, end] of of.ends) if (end <= clock()) of.ends.delete(other)
        of.sweepAt = Math.max(16, 2 * of.ends.size)
      }
      kept.delete(key)
      kept.set(key, of)
      for (const [oldest, { expiresAt: end }] of kept) {
        if (end > clock() && kept.size <= maxEntries) break
        kept.delete(oldest)
      }
    },
    remove: async (key, member) => {
      const found = live(key)
      found?.ends.delete(member)
      if (found?.ends.size === 0) kept.delete(key)
    },
    members: async (key) => [...(live(key)?.ends ?? [])].flatMap(([member, end]) => (end > clock() ? member : [])),
  }
}

function channels(): Pick<Store, 'publish' | 'subscribe'> {
  const heard = listeners()
  return {
    publish: async (channel, message) => heard.tell(channel, message),
    subscribe: async (channel, listen) => {
      const leave = heard.add(channel, { listen })
      return { [Symbol.asyncDispose]: async () => void leave() }
    },
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
