import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { Store } from '../state/store.ts'
import type { KeyRing } from './key-ring.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { Provider, Tokens } from './provider.ts'
import { refreshes, sessionTokens } from './refresh.ts'
import { expired } from './session-problem.ts'
import { sessionIndex, type Whose } from './session-index.ts'
import { type Found, isSession, nameOf, type Session, sessionRecords } from './session-records.ts'

/** One of the sessions of somebody, as their other sessions may see it. */
export interface Listed {
  /** Names it and opens nothing. */
  readonly id: string
  readonly startedAt: number
  /** To the minute. */
  readonly seenAt: number
  readonly agent: string
}

export interface Sessions {
  /** Returns the id, always a new one: 256 random bits. */
  start(claims: Session['claims'], tokens: Omit<Tokens, 'claims'>, visit?: { readonly agent?: string }): Promise<string>
  /** Looks without keeping it alive. */
  peek(id: string): Promise<Found<Session> | undefined>
  /** Keeps it alive, with an access token that is good for now. Rejects with `session-expired` or `identity-unavailable`. */
  use(id: string, log: Logger): Promise<Session>
  /** For one that another login takes the place of: revoking its tokens could end the grant that both share. */
  forget(id: string): Promise<unknown>
  /** Revokes its refresh token as well, if the provider can be reached. */
  end(id: string, log: Logger): Promise<void>
  /** Of one person, the newest first. */
  list(sub: string): Promise<readonly Listed[]>
  /** Ends one that is on the `list` of its owner. `false`: it is not there. */
  endOne(sub: string, listed: string): Promise<boolean>
  /**
   * Ends every session of a person, of a session at the provider, or of both at once. Resolves with how many there were.
   * Their refresh tokens cannot be revoked, for nobody here can read them; nobody can use them any more either.
   */
  endAll(who: Whose, log: Logger): Promise<number>
}

export interface SessionsOptions {
  readonly store: Store
  readonly provider: Provider
  readonly keys: KeyRing
  readonly lifetimes: Lifetimes
  /** Epoch milliseconds. */
  readonly clock: () => number
}

export function sessions({ store, provider, keys, lifetimes, clock }: SessionsOptions): Sessions {
  const { idle, absolute } = lifetimes
  const records = sessionRecords({ store, keys, idle, clock })
  const index = sessionIndex(store)
  const { isFresh, refresh } = refreshes({ records, provider, lifetime: lifetimes.refresh, clock })
  const peek = async (id: string): Promise<Found<Session> | undefined> => {
    const found = await records.read(id)
    return found !== undefined && isSession(found.visit) ? (found as Found<Session>) : undefined
  }
  const remove = async ({ name, visit }: Found): Promise<void> => {
    await records.delete(name)
    if (isSession(visit)) await index.remove(whose(visit), name)
  }
  const list = async (sub: string): Promise<readonly Listed[]> => {
    const found: Listed[] = []
    for (const id of await index.find({ sub })) {
      const about = await records.about(id)
      if (about === undefined) await index.remove({ sub }, id)
      else found.push({ id, startedAt: about.startedAt, seenAt: about.seenAt, agent: about.agent })
    }
    return found.toSorted((a, b) => b.startedAt - a.startedAt)
  }

  return {
    start: async (claims, tokens, { agent = '' } = {}) => {
      const [id, now] = [randomBytes(32).toString('base64url'), clock()]
      const session: Session = {
        ...{ claims, agent, startedAt: now, endsAt: now + absolute },
        ...sessionTokens(tokens, now, lifetimes.refresh),
      }
      await records.create(id, session)
      await index.add(whose(session), nameOf(id), absolute + idle)
      return id
    },
    peek,
    use: async (id, log) => {
      const found = await peek(id)
      if (found === undefined) throw expired()
      await records.keepAlive(found)
      return isFresh(found.visit) ? found.visit : refresh(id, log)
    },
    forget: async (id) => {
      const found = await records.read(id)
      if (found !== undefined) await remove(found)
    },
    end: async (id, log) => {
      const found = await peek(id)
      if (found === undefined) return
      await remove(found)
      const token = found.visit.refreshToken
      if (token === undefined) return
      await provider.revoke(token).catch((err: unknown) => log.warn({ err }, 'refresh token not revoked'))
    },
    list,
    endOne: async (sub, listed) => {
      if (!(await index.find({ sub })).includes(listed)) return false
      await index.remove({ sub }, listed)
      return records.delete(listed)
    },
    endAll: async (who, log) => {
      const names = await index.find(who)
      const ended = await Promise.all(names.map((name) => records.delete(name)))
      for (const name of names) await index.remove(who, name)
      const count = ended.filter(Boolean).length
      log.info({ sessions: count }, 'sessions ended')
      return count
    },
  }
}

const whose = ({ claims: { sub, sid } }: Session): Whose => ({ sub, sid: typeof sid === 'string' ? sid : undefined })
