import { randomBytes } from 'node:crypto'
import { isSession, type Session, type Visit } from './session-content.ts'
import type { SessionIndex, Whose } from './session-index.ts'
import type { Found, SessionRecords } from './session-records.ts'
import { nameOf } from './session-seal.ts'

/** The most that an app may keep of a visitor, in characters of JSON: sessions are read with each request. */
const MOST_DATA = 16_384

export interface SessionLives {
  /** Resolves with the id: always made, never taken over from a browser. 256 random bits. */
  begin(visit: Visit | Session): Promise<string>
  /** `false` when another was faster. */
  end(found: Found): Promise<boolean>
  renew(id: string): Promise<string | undefined>
  keep(id: string, data: unknown): Promise<boolean>
  /**
   * Ends what a login of `sub` takes the place of. Resolves with what the app has kept there, unless it was another person's.
   * Nothing is revoked: that could end the grant which the old session and the new one share.
   */
  takePlaceOf(ids: readonly string[], sub: string): Promise<unknown>
}

/** Beginning and ending of sessions, whoever's they are. `longest`: milliseconds that a set of names is kept. */
export function sessionLives(records: SessionRecords, index: SessionIndex, longest: number): SessionLives {
  const begin = async (visit: Visit | Session): Promise<string> => {
    const id = randomBytes(32).toString('base64url')
    await records.create(id, visit)
    if (isSession(visit)) await index.add(whose(visit), nameOf(id), longest)
    return id
  }
  const end = async ({ name, visit }: Found): Promise<boolean> => {
    const ended = await records.delete(name)
    if (isSession(visit)) await index.remove(whose(visit), name)
    return ended
  }
  return {
    begin,
    end,
    renew: async (id) => {
      const found = await records.read(id)
      return found !== undefined && (await end(found)) ? begin(found.visit) : undefined
    },
    keep: async (id, data) => {
      if ((JSON.stringify(data) ?? '').length > MOST_DATA)
        throw new RangeError(`what is kept of a visitor is more than ${MOST_DATA} characters of JSON`)
      // JSON leaves out what is undefined.
      return (await records.update(id, (visit) => ({ ...visit, data }))) !== undefined
    },
    takePlaceOf: async (ids, sub) => {
      const found = (await Promise.all(ids.map((id) => records.read(id)))).filter((one) => one !== undefined)
      for (const one of found) await end(one)
      const mine = found.find(({ visit }) => !isSession(visit) || visit.claims.sub === sub)
      return mine?.visit.data
    },
  }
}

const whose = ({ claims: { sub, sid } }: Session): Whose => ({ sub, sid: typeof sid === 'string' ? sid : undefined })
