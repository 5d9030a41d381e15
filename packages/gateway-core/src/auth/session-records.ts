import { hash } from 'node:crypto'
import type { Store } from '../state/store.ts'
import { seal, unseal } from './seal.ts'

const IDLE = 1_800_000
/** A session is not kept alive more often than this. */
const TOUCH = 60_000

export interface Session {
  /** Of the ID token. */
  readonly claims: Readonly<Record<string, unknown>> & { readonly sub: string }
  readonly scope: string
  readonly accessToken: string
  readonly refreshToken?: string
  /** Epoch milliseconds, as is the next. */
  readonly accessExpiresAt: number
  /** However busy it is. */
  readonly endsAt: number
}

export interface Found {
  readonly session: Session
  /** When it ends if nothing happens, epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * Sessions in the store, which sees neither their ids nor their tokens: an entry is named by the hash of the id and sealed
 * by a key made of it, so what leaks from the store opens nothing. Half an hour without use ends a session.
 */
export function sessionRecords(store: Store, clock: () => number) {
  const ttl = (session: Session): number => Math.max(1, Math.min(IDLE, session.endsAt - clock()))
  const write = (id: string, session: Session, only: 'if-absent' | 'if-present'): Promise<boolean> =>
    store.set(nameOf(id), seal(JSON.stringify(session), keyOf(id), CONTEXT), ttl(session), only)
  return {
    create: (id: string, session: Session) => write(id, session, 'if-absent'),
    /** `false` when it has been deleted meanwhile; it is not brought back. */
    replace: (id: string, session: Session) => write(id, session, 'if-present'),
    read: async (id: string): Promise<Found | undefined> => {
      const entry = await store.get(nameOf(id))
      const text = entry === undefined ? undefined : unseal(entry.value, keyOf(id), CONTEXT)
      if (entry === undefined || text === undefined) return undefined
      return { session: JSON.parse(text) as Session, expiresAt: entry.expiresAt }
    },
    keepAlive: async (id: string, { session, expiresAt }: Found): Promise<void> => {
      if (expiresAt - clock() < ttl(session) - TOUCH) await store.touch(nameOf(id), ttl(session))
    },
    delete: (id: string) => store.delete(nameOf(id)),
  }
}

const CONTEXT = 'session'
const nameOf = (id: string): string => `session:${hash('sha256', id)}`
const keyOf = (id: string): Buffer => hash('sha256', `seal:${id}`, 'buffer')
