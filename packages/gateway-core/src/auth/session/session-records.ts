import { type Store, StoreUnavailable } from '../../state/store.ts'
import type { SealingKeys } from './sealing-keys.ts'
import { type About, endOf, type Visit } from './session-content.ts'
import { nameOf, sessionSeal } from './session-seal.ts'

/** A session is extended at most this often, which limits the precision of `seenAt`. */
const TOUCH = 60_000
/** Per process, about 3 KiB each. */
const MOST_OPENED = 4_096

export interface Found<V extends Visit = Visit> {
  readonly name: string
  /** The entry as read. */
  readonly sealed: string
  readonly visit: V
  /** When the entry expires without activity. */
  readonly keptUntil: number
}

export interface SessionRecords {
  /** `undefined` if missing, not openable, or expired. Rejects with `SealingKeyMissing`. */
  read(id: string): Promise<Found | undefined>
  create(id: string, visit: Visit): Promise<boolean>
  /** Compare-and-swap. `undefined` once it has ended: it is not recreated. */
  update<V extends Visit>(id: string, change: (visit: Visit) => V): Promise<V | undefined>
  keepAlive(found: Found): Promise<void>
  /** What its owner may see, by name alone. Rejects with `SealingKeyMissing`. */
  about(name: string): Promise<(About & { readonly seenAt: number }) | undefined>
  /** `false` if missing, or no longer equal to `was`. */
  delete(name: string, was?: string): Promise<boolean>
}

interface RecordOptions {
  readonly store: Store
  readonly keys: SealingKeys
  readonly idle: number
  readonly clock: () => number
}

/** Sessions in the store, each kept while in use. */
export function sessionRecords({ store, keys, idle, clock }: RecordOptions): SessionRecords {
  const { close, about } = sessionSeal(keys)
  const read = reader(store, keys, clock)
  return {
    read,
    create: (id, visit) => store.set(keyOf(nameOf(id)), close(id, visit), idle, 'if-absent'),
    update: async (id, change) => {
      for (let found = await read(id); found !== undefined; found = await read(id)) {
        const visit = change(found.visit)
        if (Object.is(visit, found.visit)) return visit
        const left = Math.max(1, found.keptUntil - clock())
        if (await store.set(keyOf(found.name), close(id, visit), left, { was: found.sealed })) return visit
      }
      return undefined
    },
    keepAlive: async ({ name, keptUntil }) => {
      if (keptUntil - clock() >= idle - TOUCH) return
      await store.touch(keyOf(name), idle).catch((error: unknown) => {
        // The session was read; the next request extends it again, well within the idle time.
        if (!(error instanceof StoreUnavailable)) throw error
      })
    },
    about: async (name) => {
      const entry = await store.get(keyOf(name))
      const told = entry && about(name, entry.value)
      if (entry === undefined || told === undefined || told.endsAt <= clock()) return undefined
      const seenAt = Math.floor((entry.expiresAt - idle) / TOUCH) * TOUCH
      return { ...told, seenAt: Math.max(told.startedAt, seenAt) }
    },
    delete: (name, was) => store.delete(keyOf(name), was),
  }
}

/**
 * Reads the store each time, but decrypts only when the entry has changed: a warm session costs no cryptography, and
 * changes by any process are seen at once.
 */
function reader(store: Store, keys: SealingKeys, clock: () => number): SessionRecords['read'] {
  const { open } = sessionSeal(keys)
  const opened = new Map<string, { readonly key: string; readonly sealed: string; readonly visit: Visit }>()
  const openNow = (id: string, key: string, sealed: string) => {
    const visit = open(id, sealed)
    if (visit === undefined) return undefined
    const now = { key, sealed, visit }
    opened.set(id, now)
    if (opened.size > MOST_OPENED) opened.delete(opened.keys().next().value!)
    return now
  }
  return async (id) => {
    const known = opened.get(id)
    const key = known?.key ?? keyOf(nameOf(id))
    const entry = await store.get(key)
    const now = entry === undefined || known?.sealed === entry.value ? known : openNow(id, key, entry.value)
    if (entry !== undefined && now !== undefined && endOf(now.visit) > clock())
      return { name: key.slice(PREFIX.length), sealed: entry.value, visit: now.visit, keptUntil: entry.expiresAt }
    opened.delete(id)
    return undefined
  }
}

const PREFIX = 'session:'
const keyOf = (name: string): string => PREFIX + name
