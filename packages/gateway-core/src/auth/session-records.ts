import { hash } from 'node:crypto'
import type { Store } from '../state/store.ts'
import type { KeyRing } from './key-ring.ts'
import { seal, unseal } from './seal.ts'

/** A session is not kept alive more often than this, so when it was last seen is not known better either. */
const TOUCH = 60_000
/** In the memory of one process: some 3 KiB each. */
const MOST_OPENED = 4_096

/** What any visitor has, known or not. */
export interface Visit {
  readonly startedAt: number
  /** However busy it is. Epoch milliseconds, as are all times here. */
  readonly endsAt: number
  /** What it was begun with, such as `Firefox on Linux`. */
  readonly agent: string
  /** Of the app: JSON. It goes along when somebody signs in. */
  readonly data?: unknown
}

export interface Session extends Visit {
  /** Of the ID token. */
  readonly claims: Readonly<Record<string, unknown>> & { readonly sub: string }
  readonly scope: string
  readonly accessToken: string
  readonly refreshToken?: string
  readonly accessExpiresAt: number
  /** Where that is known. The session does not outlive it. */
  readonly refreshExpiresAt?: number
}

/** What its owner may be told by another session. */
export type About = Pick<Visit, 'startedAt' | 'endsAt' | 'agent'>

export interface Found<V extends Visit = Visit> {
  /** Of the entry. It opens nothing. */
  readonly name: string
  /** The entry, as it was read. */
  readonly sealed: string
  readonly visit: V
  /** When the entry goes if nothing happens. */
  readonly keptUntil: number
}

interface RecordOptions {
  readonly store: Store
  readonly keys: KeyRing
  readonly idle: number
  readonly clock: () => number
}

export type SessionRecords = ReturnType<typeof sessionRecords>

/**
 * Sessions in the store, which sees neither their ids nor their tokens: an entry is named by the hash of the id, and sealed
 * by a key made of the id and of a key of the server (`<key>.<about>.<visit>`). What leaks from the store opens nothing, nor
 * does a cookie. What other sessions of its owner are told is sealed by the server's key alone.
 *
 * What was opened stays so in this process for as long as the entry is the same text; the store is asked each time.
 */
export function sessionRecords({ store, keys, idle, clock }: RecordOptions) {
  const opened = new Map<string, Omit<Found, 'keptUntil'>>()

  const close = (id: string, visit: Visit): string => {
    const [key, name] = [keys.current, nameOf(id)]
    const about: About = { startedAt: visit.startedAt, endsAt: endOf(visit), agent: visit.agent }
    const told = seal(JSON.stringify(about), keys.derive(key, 'about')!, name)
    return `${key}.${told}.${seal(JSON.stringify(visit), keys.derive(key, 'visit', id)!, name)}`
  }
  const open = (id: string, name: string, sealed: string): Omit<Found, 'keptUntil'> | undefined => {
    const [key = '', , text = ''] = sealed.split('.')
    const visit = parse<Visit>(text, keys.derive(key, 'visit', id), name)
    if (visit === undefined) return undefined
    const found = { name, sealed, visit }
    opened.set(id, found)
    if (opened.size > MOST_OPENED) opened.delete(opened.keys().next().value!)
    return found
  }

  const read = async (id: string): Promise<Found | undefined> => {
    const known = opened.get(id)
    const name = known?.name ?? nameOf(id)
    const entry = await store.get(name)
    const found = known !== undefined && known.sealed === entry?.value ? known : undefined
    const current = found ?? (entry && open(id, name, entry.value))
    if (entry !== undefined && current !== undefined && endOf(current.visit) > clock())
      return { name, sealed: entry.value, visit: current.visit, keptUntil: entry.expiresAt }
    opened.delete(id)
    return undefined
  }

  return {
    read,
    create: (id: string, visit: Visit): Promise<boolean> => store.set(nameOf(id), close(id, visit), idle, 'if-absent'),
    /** Goes on from what is there at the time of the write. `undefined` once it has ended: it is not brought back. */
    update: async <V extends Visit>(id: string, change: (visit: Visit) => V): Promise<V | undefined> => {
      for (let found = await read(id); found !== undefined; found = await read(id)) {
        const visit = change(found.visit)
        if (visit === found.visit) return visit
        const left = Math.max(1, found.keptUntil - clock())
        if (await store.set(found.name, close(id, visit), left, { was: found.sealed })) return visit
      }
      return undefined
    },
    keepAlive: async ({ name, keptUntil }: Found): Promise<void> => {
      if (keptUntil - clock() < idle - TOUCH) await store.touch(name, idle)
    },
    /** What its owner may know about one whose id is unknown here. */
    about: async (name: string): Promise<(About & { readonly seenAt: number }) | undefined> => {
      const entry = await store.get(name)
      const [key = '', text = ''] = entry?.value.split('.', 2) ?? []
      const about = parse<About>(text, keys.derive(key, 'about'), name)
      if (entry === undefined || about === undefined || about.endsAt <= clock()) return undefined
      return { ...about, seenAt: Math.floor((entry.expiresAt - idle) / TOUCH) * TOUCH }
    },
    delete: (name: string, was?: string): Promise<boolean> => store.delete(name, was),
  }
}

/** Whatever ends first. What nothing can renew ends with its access token. */
export function endOf(visit: Visit): number {
  if (!isSession(visit)) return visit.endsAt
  const { endsAt, refreshToken, accessExpiresAt, refreshExpiresAt = Infinity } = visit
  return Math.min(endsAt, refreshToken === undefined ? accessExpiresAt : refreshExpiresAt)
}

export const isSession = (visit: Visit): visit is Session => 'claims' in visit

export const nameOf = (id: string): string => `session:${hash('sha256', id)}`

function parse<T>(text: string, key: Uint8Array | undefined, context: string): T | undefined {
  const plain = key === undefined ? undefined : unseal(text, key, context)
  return plain === undefined ? undefined : (JSON.parse(plain) as T)
}
