import { gcra } from './gcra.ts'
import { listeners } from './listeners.ts'
import { Room } from './room.ts'
import type { Entry, Only, Store } from './store.ts'

export interface MemoryOptions {
  /**
   * Limit for the values of one use (the part of a key before its first `:`), and the same for its sets. Default 32
   * MiB.
   */
  readonly maxBytes?: number | undefined
  /** Rates remembered; evicts the least recently used. Default 10 000. */
  readonly maxRates?: number | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
  /** Monotonic milliseconds, used for rates. Default `performance.now`. */
  readonly steady?: (() => number) | undefined
}

/** Estimated bytes of an entry besides its text, and of a set member including its text. */
const [entryBytes, memberBytes] = [200, 200]

/**
 * A store for one process: nothing is shared, nothing survives a restart. Each use has its own memory limit; when that
 * is reached, writes fail with `StoreUnavailable`, and no live entry is evicted.
 */
export function memoryStore(options: MemoryOptions = {}): Store {
  const { maxBytes = 32 * 1024 * 1024, maxRates = 10_000, clock = Date.now, steady = () => performance.now() } = options
  const roomOf = rooms<Entry>(maxBytes, clock)
  const live = (key: string): Entry | undefined => roomOf(key).get(key)
  const write = (key: string, value: string, ttl: number): void =>
    roomOf(key).put(key, { value, expiresAt: clock() + ttl }, key.length + value.length + entryBytes)

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
      return roomOf(key).delete(key)
    },
    ...sets(rooms(maxBytes, clock), clock),
    ...channels(),
    take: rates(maxRates, steady),
  }
}

/** One room per use. Uses are few, as they are named in code. */
function rooms<V extends { readonly expiresAt: number }>(most: number, clock: () => number) {
  const made = new Map<string, Room<V>>()
  return (key: string): Room<V> => {
    const use = key.slice(0, key.indexOf(':') + 1)
    const room = made.get(use) ?? new Room(most, clock)
    made.set(use, room)
    return room
  }
}

function holds(only: Only, value: string | undefined): boolean {
  if (typeof only === 'object') return value === only.was
  return (value === undefined) === (only === 'if-absent')
}

interface Members {
  /** When each membership ends. */
  readonly ends: Map<string, number>
  readonly expiresAt: number
  /** Size at which ended members are swept, so that each add pays for two checks at most. */
  readonly sweepAt: number
}

const fewest = 16

function sets(roomOf: (key: string) => Room<Members>, clock: () => number): Pick<Store, 'add' | 'remove' | 'members'> {
  const live = (key: string) => roomOf(key).get(key)
  return {
    add: async (key, member, ttl) => {
      const now = clock()
      const { ends, expiresAt, sweepAt }: Members = live(key) ?? { ends: new Map(), expiresAt: 0, sweepAt: fewest }
      const due = ends.size >= sweepAt
      if (due) for (const [other, end] of ends) if (end <= now) ends.delete(other)
      const until = Math.max(ends.get(member) ?? 0, now + ttl)
      const after = {
        ends,
        expiresAt: Math.max(expiresAt, until),
        sweepAt: due ? Math.max(fewest, 2 * ends.size) : sweepAt,
      }
      roomOf(key).put(key, after, key.length + entryBytes + (ends.size + 1) * memberBytes)
      ends.set(member, until)
    },
    remove: async (key, member) => {
      const ends = live(key)?.ends
      ends?.delete(member)
      if (ends?.size === 0) roomOf(key).delete(key)
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

/** Separate from the values: a flood of addresses must not evict sessions. */
function rates(most: number, steady: () => number): Store['take'] {
  // When each bucket is full again; full ones are dropped. Oldest first.
  const buckets = new Map<string, number>()
  return async (key, rate) => {
    const now = steady()
    const { taken, full } = gcra(buckets.get(key), now, rate)
    buckets.delete(key)
    buckets.set(key, full)
    for (const [oldest, filled] of buckets) {
      if (filled > now && buckets.size <= most) break
      buckets.delete(oldest)
    }
    return taken
  }
}
