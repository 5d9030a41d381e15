import type { Counted } from '../../exchange.ts'
import type { Store } from '../../state/store.ts'
import type { Audit } from '../audit.ts'
import { agentOf } from './agent.ts'
import { endings, type Why } from './endings.ts'
import { inventory, type Inventory } from './inventory.ts'
import type { SealingKeys } from './sealing-keys.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { Provider, Tokens } from '../login/provider.ts'
import { refreshes } from './refresh.ts'
import { type Asking, sessionTokens } from './renewal.ts'
import { sessionIndex } from './session-index.ts'
import type { SessionProblems } from './session-problem.ts'
import { isSession, type Session, type Visit } from './session-content.ts'
import { type Found, type SessionRecords, sessionRecords } from './session-records.ts'
import { ifSealed } from './session-seal.ts'
import { type SessionLives, sessionLives } from './session-lives.ts'

/** What a login knows of the browser that it ends in. */
export interface Before {
  /** `User-Agent`. Only a summary of it is kept. */
  readonly agent?: string | undefined
  /** The sessions that this one takes the place of. What the app has kept in one of them comes along, unless it was another person's. */
  readonly ids?: readonly string[]
  readonly exchange?: Why['exchange']
}

export interface Sessions extends Inventory {
  /** Resolves with the id, always a new one: 256 random bits. */
  start(claims: Session['claims'], tokens: Omit<Tokens, 'claims'>, before?: Before): Promise<string>
  /** Begins one without a user, for what the app wants to keep of a visitor. Resolves with its id. */
  startGuest(data: unknown, agent?: string): Promise<string>
  /** At any session, also a guest's. Keeps it alive only if it is told that somebody is there. */
  look(id: string, active?: boolean): Promise<Found | undefined>
  /** Looks without keeping it alive, at the session of somebody who is signed in. */
  peek(id: string): Promise<Found<Session> | undefined>
  /**
   * One that the provider vouches for, as it has given new tokens for it lately. Keeps it alive, unless it is told that nobody is there (`active: false`).
   * Rejects with `session-required`, `session-expired` or `identity-unavailable`.
   */
  use(id: string, asking: Asking, active?: boolean): Promise<Session>
  /** Replaces what the app keeps of whoever that is. `false` when the session is over. */
  keep(id: string, data: unknown): Promise<boolean>
  /** The same session under a new id, for when its holder may do more than before. `undefined` when it is over. */
  renew(id: string, exchange?: Why['exchange']): Promise<string | undefined>
  /** Signs out. Revokes its refresh token as well, if the provider can be reached. */
  end(id: string, asking: Asking): Promise<void>
}

export interface SessionsOptions {
  readonly store: Store
  readonly provider: Provider
  readonly problems: SessionProblems
  readonly keys: SealingKeys
  readonly lifetimes: Lifetimes
  /** The OAuth client that it all is for. */
  readonly client: string
  readonly tell: Audit
  /** Ends what is open with a session, by its name, in all processes. Absent: that ends by itself. */
  readonly revoke?: ((name: string) => Promise<void>) | undefined
  /** For `/metrics`. Default: nobody counts. */
  readonly count?: Counted['refresh']
  /** Epoch milliseconds. */
  readonly clock: () => number
}

export function sessions(options: SessionsOptions): Sessions {
  const { store, problems, keys, lifetimes, clock, count = () => undefined } = options
  const { idle, absolute } = lifetimes
  const records = sessionRecords({ store, keys, idle, clock })
  const index = sessionIndex(store)
  const end = endings({ ...options, records, index })
  const known = inventory(records, index, end)
  const lives = sessionLives({ records, index, endOf: end, longest: absolute + idle })
  const { isFresh, refresh } = refreshes({ ...options, records, end, count, lifetime: lifetimes.refresh })

  const visit = (agent: string | undefined, data: unknown): Visit => {
    const now = clock()
    return { startedAt: now, endsAt: now + absolute, agent: agentOf(agent), data }
  }
  const look = async (id: string, active = false): Promise<Found | undefined> => {
    const found = await records.read(id)
    if (active && found !== undefined) await records.keepAlive(found)
    return found
  }
  return {
    start: async (claims, tokens, { agent, ids = [], exchange } = {}) => {
      const data = await lives.takePlaceOf(ids, claims.sub, { reason: 'replaced', exchange })
      // Looking at them takes the names of those out that ended by themselves.
      await known.list(claims.sub).catch(ifSealed)
      const given = sessionTokens(tokens, clock(), lifetimes.refresh)
      return lives.begin({ ...visit(agent, data), claims, ...given, version: 0 })
    },
    startGuest: (data, agent) => lives.begin(visit(agent, data)),
    look,
    peek: async (id) => signedIn(await records.read(id)),
    use: async (id, asking, active = true) => {
      const found = await look(id, active)
      if (found === undefined) throw problems.expired()
      if (!isSession(found.visit)) throw problems.nobody()
      return isFresh(found.visit) ? found.visit : refresh(id, asking)
    },
    keep: (id, data) => lives.keep(id, data),
    renew: (id, exchange) => lives.renew(id, { reason: 'renewed', exchange }),
    end: signOut(records, lives, options.provider),
    ...known,
  }
}

/** The session first: whatever becomes of its token, it is over. */
const signOut =
  (records: SessionRecords, lives: SessionLives, provider: Provider): Sessions['end'] =>
  async (id, asking) => {
    const found = await records.read(id)
    if (found === undefined) return
    await lives.end(found, { reason: 'logout', exchange: asking })
    const token = signedIn(found)?.visit.refreshToken
    if (token === undefined) return
    await provider.revoke(token).catch((err: unknown) => asking.log.warn({ err }, 'refresh token not revoked'))
  }

const signedIn = (found: Found | undefined): Found<Session> | undefined =>
  found !== undefined && isSession(found.visit) ? (found as Found<Session>) : undefined
