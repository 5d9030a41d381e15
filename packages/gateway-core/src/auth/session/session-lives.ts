import { randomBytes } from 'node:crypto'
import type { End, Why } from './endings.ts'
import { isSession, type Session, type Visit } from './session-content.ts'
import type { SessionIndex, Whose } from './session-index.ts'
import type { Found, SessionRecords } from './session-records.ts'
import { ifSealed, nameOf } from './session-seal.ts'

/** Most data an app may keep per visitor, in characters of JSON: sessions are read with each request. */
const MOST_DATA = 16_384

export interface SessionLives {
  /** Resolves with a new id, never one from a browser. 256 random bits. */
  begin(visit: Visit | Session): Promise<string>
  /** `false` if another process was faster. */
  end(found: Found, why: Why): Promise<boolean>
  renew(id: string, why: Why): Promise<string | undefined>
  keep(id: string, data: unknown): Promise<boolean>
  /**
   * Ends the sessions that a login of `sub` replaces. Resolves with the app's data, unless it was another user's.
   * Revokes nothing: that could end a grant that the old and the new session share.
   */
  takePlaceOf(ids: readonly string[], sub: string, why: Why): Promise<unknown>
}

export interface LivesOptions {
  readonly records: SessionRecords
  readonly index: SessionIndex
  readonly endOf: End
  /** Milliseconds to keep a set of names. */
  readonly longest: number
}

/** Starts and ends sessions of guests and users. */
export function sessionLives({ records, index, endOf, longest }: LivesOptions): SessionLives {
  const begin = async (visit: Visit | Session): Promise<string> => {
    const id = randomBytes(32).toString('base64url')
    await records.create(id, visit)
    if (isSession(visit)) await index.add(whoseOf(visit), nameOf(id), longest)
    return id
  }
  const end = ({ name, visit }: Found, why: Why): Promise<boolean> =>
    // Guests have no open streams.
    isSession(visit) ? endOf(name, whoseOf(visit), why) : records.delete(name)
  return {
    begin,
    end,
    renew: async (id, why) => {
      const found = await records.read(id)
      return found !== undefined && (await end(found, why)) ? begin(found.visit) : undefined
    },
    keep: async (id, data) => {
      if ((JSON.stringify(data) ?? '').length > MOST_DATA)
        throw new RangeError(`visitor data exceeds ${MOST_DATA} characters of JSON`)
      // JSON omits `undefined`.
      return (await records.update(id, (visit) => ({ ...visit, data }))) !== undefined
    },
    takePlaceOf: async (ids, sub, why) => {
      const found: Found[] = []
      for (const id of ids) {
        const one = await records.read(id).catch(ifSealed)
        // Its owner is unknown here. It ends all the same, as the login's code is spent and cannot be retried.
        if (one === 'sealed') await endOf(nameOf(id), {}, why)
        else if (one !== undefined) found.push(one)
      }
      for (const one of found) await end(one, why)
      const mine = found.find(({ visit }) => !isSession(visit) || visit.claims.sub === sub)
      return mine?.visit.data
    },
  }
}

export const whoseOf = ({ claims: { sub, sid } }: Session): Whose => ({
  sub,
  sid: typeof sid === 'string' ? sid : undefined,
})
