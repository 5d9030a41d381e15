import type { End, Why } from './endings.ts'
import type { SessionIndex, Whose } from './session-index.ts'
import type { SessionRecords } from './session-records.ts'

/** One of the sessions of somebody, as their other sessions may see it. */
export interface Listed {
  /** Names it and opens nothing. */
  readonly id: string
  readonly startedAt: number
  /** To the minute. */
  readonly seenAt: number
  /** Such as `Firefox on Linux`. */
  readonly agent: string
}

export interface Inventory {
  /** Of one person, the newest first. */
  list(sub: string): Promise<readonly Listed[]>
  /** Ends one that is on the `list` of its owner. `false`: it is not there. */
  endOne(sub: string, listed: string, why?: Why): Promise<boolean>
  /**
   * Ends every session of a person, of a session at the provider, or of both at once. Resolves with how many there were.
   * Their refresh tokens cannot be revoked, for without its cookie nobody can read one, and nobody can use it any more either: it
   * is gone with the entry. Where the provider ended the session, it has ended them itself.
   */
  endAll(who: Whose, why?: Why): Promise<number>
}

/** Sessions by whose they are, for their owner, and for whoever has to end them without their cookies. */
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
