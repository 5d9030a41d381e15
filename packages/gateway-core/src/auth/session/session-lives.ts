import { randomBytes } from 'node:crypto'
import type { End, Why } from './endings.ts'
import { isSession, type Session, type Visit } from './session-content.ts'
import type { SessionIndex, Whose } from './session-index.ts'
import type { Found, SessionRecords } from './session-records.ts'
import { ifSealed, nameOf } from './session-seal.ts'

/** The most that an app may keep of a visitor, in characters of JSON: sessions are read with each request. */
const MOST_DATA = 16_384

export interface SessionLives {
  /** Resolves with the id: always made, never taken over from a browser. 256 random bits. */
  begin(visit: Visit | Session): Promise<string>
  /** `false` when another was faster. */
  end(found: Found, why: Why): Promise<boolean>
  renew(id: string, why: Why): Promise<string | undefined>
  keep(id: string, data: unknown): Promise<boolean>
  /**
   * Ends what a login of `sub` takes the place of. Resolves with what the app has kept there, unless it was another person's.
   * Nothing is revoked: that could end the grant which the old session and the new one share.
   */
  takePlaceOf(ids: readonly string[], sub: string, why: Why): Promise<unknown>
}

export interface LivesOptions {
  readonly records: SessionRecords
  readonly index: SessionIndex
  readonly endOf: End
  /** Milliseconds that a set of names is kept. */
  readonly longest: number
}

/** Beginning and ending of sessions, whoever's they are. */
export function sessionLives({ records, index, endOf, longest }: LivesOptions): SessionLives {
  const begin = async (visit: Visit | Session): Promise<string> => {
    const id = randomBytes(32).toString('base64url')
    await records.create(id, visit)
    if (isSession(visit)) await index.add(whoseOf(visit), nameOf(id), longest)
    return id
  }
  const end = ({ name, visit }: Found, why: Why): Promise<boolean> =>
    // Nothing is open with a guest's.
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
        throw new RangeError(`what is kept of a visitor is more than ${MOST_DATA} characters of JSON`)
      // JSON leaves out what is undefined.
      return (await records.update(id, (visit) => ({ ...visit, data }))) !== undefined
    },
    takePlaceOf: async (ids, sub, why) => {
      const found: Found[] = []
      for (const id of ids) {
        const one = await records.read(id).catch(ifSealed)
        // Whose it is cannot be told here. It ends all the same: the code of the login is spent, and cannot be asked for once more.
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
