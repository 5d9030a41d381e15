import type { Adapter, AdapterPayload } from 'oidc-provider'

interface Entry {
  readonly payload: AdapterPayload
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * Holds the entries of one model until they expire or the process ends. Beyond `most` the oldest goes: whoever only
 * starts logins must not fill the memory.
 */
export function memory(clock: () => number = Date.now, most = 100_000): Adapter {
  const entries = new Map<string, Entry>()
  const live = (id: string): AdapterPayload | undefined => {
    const entry = entries.get(id)
    return entry === undefined || entry.expiresAt <= clock() ? undefined : entry.payload
  }
  // Entries of a model live equally long, so the first one is the first to expire.
  const sweep = (): void => {
    for (const [id, { expiresAt }] of entries) {
      if (expiresAt > clock() && entries.size <= most) return
      entries.delete(id)
    }
  }
  return {
    async upsert(id, payload, expiresIn = Infinity) {
      entries.delete(id)
      entries.set(id, { payload, expiresAt: clock() + expiresIn * 1_000 })
      sweep()
    },
    find: async (id) => live(id),
    findByUid: async (uid) => [...entries.keys()].map(live).find((payload) => payload?.uid === uid),
    findByUserCode: async () => undefined,
    async consume(id) {
      const payload = live(id)
      if (payload !== undefined) payload.consumed = Math.floor(clock() / 1_000)
    },
    async destroy(id) {
      entries.delete(id)
    },
    async revokeByGrantId(grantId) {
      for (const [id, { payload }] of entries) if (payload.grantId === grantId) entries.delete(id)
    },
  }
}
