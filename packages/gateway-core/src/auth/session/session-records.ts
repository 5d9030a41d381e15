import { type Store, StoreUnavailable } from '../../state/store.ts'
import type { SealingKeys } from './sealing-keys.ts'
import { type About, endOf, type Visit } from './session-content.ts'
import { nameOf, sessionSeal } from './session-seal.ts'

/** A session is not kept alive more often than this, so when it was last seen is not known better either. */
const TOUCH = 60_000
/** In the memory of one process: some 3 KiB each. */
const MOST_OPENED = 4_096

export interface Found<V extends Visit = Visit> {
  readonly name: string
  /** The entry, as it was read. */
  readonly sealed: string
  readonly visit: V
  /** When the entry goes if nothing happens. */
  readonly keptUntil: number
}

export interface SessionRecords {
  /** `undefined` when there is none, none that opens, or when it is over. Rejects with `SealingKeyMissing`. */
  read(id: string): Promise<Found | undefined>
  create(id: string, visit: Visit): Promise<boolean>
  /** Goes on from what is there at the time of the write. `undefined` once it has ended: it is not brought back. */
  update<V extends Visit>(id: string, change: (visit: Visit) => V): Promise<V | undefined>
  keepAlive(found: Found): Promise<void>
  /** What its owner may know about one whose id is unknown here. Rejects with `SealingKeyMissing`. */
  about(name: string): Promise<(About & { readonly seenAt: number }) | undefined>
  /** `false` when there was none, or when it is not `was` any more. */
  delete(name: string, was?: string): Promise<boolean>
}

interface RecordOptions {
  readonly store: Store
  readonly keys: SealingKeys
  readonly idle: number
  readonly clock: () => number
}

/** Sessions in the store, each for as long as somebody uses it. */
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
        // Who it is was read. That it was used is a matter of half an hour, and the next request says it again.
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
 * The store is asked each time, and what was opened is opened again only when its entry has become another text: so a warm
 * session costs no cryptography, and what any process does to it is seen at once.
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
