import type { End, Why } from './endings.ts'
import type { SessionIndex, Whose } from './session-index.ts'
import type { SessionRecords } from './session-records.ts'

/** One of a user's sessions, as shown to their other sessions. */
export interface Listed {
  /** Identifies it without granting access. */
  readonly id: string
  readonly startedAt: number
  /** To the minute. */
  readonly seenAt: number
  /** E.g. `Firefox on Linux`. */
  readonly agent: string
}

export interface Inventory {
  /** A user's sessions, newest first. */
  list(sub: string): Promise<readonly Listed[]>
  /** Ends one on its owner's `list`. `false`: not there. */
  endOne(sub: string, listed: string, why?: Why): Promise<boolean>
  /**
   * Ends every session of a user, of a provider session, or of both at once. Resolves with their number. Their refresh
   * tokens cannot be revoked, because only the cookie opens them; they are unusable once the entry is deleted. If the
   * provider ended the session, it has revoked them itself.
   */
  endAll(who: Whose, why?: Why): Promise<number>
}

/** Sessions by user, for their owner, and for ending them without their cookies. */
export function inventory(records: Pick<SessionRecords, 'about'>, index: SessionIndex, end: End): Inventory {
  return {
    list: async (sub) => {
      const found: Listed[] = []
      for (const id of await index.find({ sub })) {
        const about = await records.about(id)
        if (about === undefined) await index.remove({ sub }, id)
        else found.push({ id, startedAt: about.startedAt, seenAt: about.seenAt, agent: about.agent })
      }
      return found.toSorted((a, b) => b.startedAt - a.startedAt)
    },
    endOne: async (sub, listed, why = administrator) =>
      (await index.find({ sub })).includes(listed) && end(listed, { sub }, why),
    endAll: async (who, why = administrator) => {
      const names = await index.find(who)
      const ended = await Promise.all(names.map((name) => end(name, who, why)))
      return ended.filter(Boolean).length
    },
  }
}

const administrator: Why = { reason: 'administrator' }
