import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider'

interface Entry {
  readonly payload: AdapterPayload
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * Holds the entries of one model until they expire or the process ends. Beyond `most` entries the oldest goes, so that starting
 * logins cannot exhaust the memory.
 */
export function memory(clock: () => number = Date.now, most = 100_000): Adapter {
  const { live, put, forget, find, family } = entries(clock, most)
  return {
    upsert: async (id, payload, expiresIn = Infinity) => put(id, { payload, expiresAt: clock() + expiresIn * 1_000 }),
    find: async (id) => live(id),
    findByUid: async (uid) => find(uid),
    findByUserCode: async () => undefined,
    async consume(id) {
      const payload = live(id)
      if (payload === undefined) return
      // The provider checked some awaits ago: of two requests that saw it unused, only one may use it.
      if (payload.consumed !== undefined) throw new errors.InvalidGrant('used already')
      payload.consumed = Math.floor(clock() / 1_000)
    },
    destroy: async (id) => forget(id),
    async revokeByGrantId(grantId) {
      for (const id of family(grantId)) forget(id)
    },
  }
}

/** One memory per model, shared by successive providers. */
export function memories(ofRefreshTokens: (tokens: Adapter) => Adapter): AdapterFactory {
  const kinds = new Map<string, Adapter>()
  return (kind) => {
    const known = kinds.get(kind) ?? (kind === 'RefreshToken' ? ofRefreshTokens(memory()) : memory())
    kinds.set(kind, known)
    return known
  }
}

function entries(clock: () => number, most: number) {
  const all = new Map<string, Entry>()
  const families = new Map<string, Set<string>>()
  const live = (id: string): AdapterPayload | undefined => {
    const entry = all.get(id)
    return entry === undefined || entry.expiresAt <= clock() ? undefined : entry.payload
  }
  const forget = (id: string): void => {
    const { grantId = '' } = all.get(id)?.payload ?? {}
    all.delete(id)
    const family = families.get(grantId)
    family?.delete(id)
    if (family?.size === 0) families.delete(grantId)
  }
  const put = (id: string, entry: Entry): void => {
    forget(id)
    all.set(id, entry)
    const { grantId } = entry.payload
    if (grantId !== undefined) families.set(grantId, (families.get(grantId) ?? new Set()).add(id))
    // Entries of a model live about equally long, so insertion order approximates expiry order.
    for (const [oldest, { expiresAt }] of all) {
      if (expiresAt > clock() && all.size <= most) return
      forget(oldest)
    }
  }
  const find = (uid: string): AdapterPayload | undefined => {
    for (const id of all.keys()) if (live(id)?.uid === uid) return live(id)
    return undefined
  }
  return { live, put, forget, find, family: (grantId: string) => [...(families.get(grantId) ?? [])] }
}
