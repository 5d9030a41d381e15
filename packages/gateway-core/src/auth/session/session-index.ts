import { hash } from 'node:crypto'
import type { Store } from '../../state/store.ts'

/** Whose sessions: of a user, of a provider session, or of both at once. */
export interface Whose {
  readonly sub?: string | undefined
  /** The provider's session id (OpenID Connect Back-Channel Logout §2.1). */
  readonly sid?: string | undefined
}

export type SessionIndex = ReturnType<typeof sessionIndex>

/**
 * Finds sessions without their cookies: entry names in sets by hashed `sub` and `sid`. A name is added after its entry,
 * so anyone may remove a name whose entry is gone.
 */
export function sessionIndex(store: Store) {
  const setsOf = ({ sub, sid }: Whose): string[] => [
    ...(sub === undefined ? [] : [`sessions:sub:${hash('sha256', sub)}`]),
    ...(sid === undefined ? [] : [`sessions:sid:${hash('sha256', sid)}`]),
  ]
  return {
    add: async (whose: Whose, name: string, ttl: number): Promise<void> => {
      for (const set of setsOf(whose)) await store.add(set, name, ttl)
    },
    remove: async (whose: Whose, name: string): Promise<void> => {
      for (const set of setsOf(whose)) await store.remove(set, name)
    },
    /** None if neither is given. */
    find: async (whose: Whose): Promise<readonly string[]> => {
      const [first = [], ...others] = await Promise.all(setsOf(whose).map((set) => store.members(set)))
      return first.filter((name) => others.every((names) => names.includes(name)))
    },
  }
}
