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
import { sessionTokens, type Trigger } from './renewal.ts'
import { sessionIndex } from './session-index.ts'
import type { SessionProblems } from './session-problem.ts'
import { isSession, type Session, type Visit } from './session-content.ts'
import { type Found, type SessionRecords, sessionRecords } from './session-records.ts'
import { ifSealed } from './session-seal.ts'
import { type SessionLives, sessionLives } from './session-lives.ts'

/** What a login knows about its browser. */
export interface Before {
  /** `User-Agent`. Only a summary of it is kept. */
  readonly agent?: string | undefined
  /** The sessions this one replaces. The app's data in one of them is carried over, unless it was another user's. */
  readonly ids?: readonly string[]
  readonly exchange?: Why['exchange']
}

export interface Sessions extends Inventory {
  /** Resolves with a new id: 256 random bits. */
  start(claims: Session['claims'], tokens: Omit<Tokens, 'claims'>, before?: Before): Promise<string>
  /** Begins a session without a user, for an app's visitor data. Resolves with its id. */
  startGuest(data: unknown, agent?: string): Promise<string>
  /** Reads any session, also a guest's. Extends it only if `active`. */
  look(id: string, active?: boolean): Promise<Found | undefined>
  /** Reads a signed-in user's session without extending it. */
  peek(id: string): Promise<Found<Session> | undefined>
  /**
   * Returns a session with recently refreshed tokens. Extends it, unless `active` is false. Rejects with
   * `session-required`, `session-expired` or `identity-unavailable`.
   */
  use(id: string, trigger: Trigger, active?: boolean): Promise<Session>
  /** Replaces the app's data. `false` if the session has ended. */
  keep(id: string, data: unknown): Promise<boolean>
  /** Moves the session to a new id, for when its holder gains rights. `undefined` if it has ended. */
  renew(id: string, exchange?: Why['exchange']): Promise<string | undefined>
  /** Signs out. Also revokes its refresh token, if the provider is reachable. */
  end(id: string, trigger: Trigger): Promise<void>
}

export interface SessionsOptions {
  readonly store: Store
  readonly provider: Provider
  readonly problems: SessionProblems
  readonly keys: SealingKeys
  readonly lifetimes: Lifetimes
  /** The OAuth client. */
  readonly client: string
  readonly tell: Audit
  /** Ends what is open with a session, by its name, in all processes. Absent: it ends by itself. */
  readonly revoke?: ((name: string) => Promise<void>) | undefined
  /** For `/metrics`. Default: not counted. */
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
      // Listing them removes the names of expired ones.
      await known.list(claims.sub).catch(ifSealed)
      const given = sessionTokens(tokens, clock(), lifetimes.refresh)
      return lives.begin({ ...visit(agent, data), claims, ...given, version: 0 })
    },
    startGuest: (data, agent) => lives.begin(visit(agent, data)),
    look,
    peek: async (id) => signedIn(await records.read(id)),
    use: async (id, trigger, active = true) => {
      const found = await look(id, active)
      if (found === undefined) throw problems.expired()
      if (!isSession(found.visit)) throw problems.signedOut()
      return isFresh(found.visit) ? found.visit : refresh(id, trigger)
    },
    keep: (id, data) => lives.keep(id, data),
    renew: (id, exchange) => lives.renew(id, { reason: 'renewed', exchange }),
    end: signOut(records, lives, options.provider),
    ...known,
  }
}

/** The session first: it is over even if revoking its token fails. */
const signOut =
  (records: SessionRecords, lives: SessionLives, provider: Provider): Sessions['end'] =>
  async (id, trigger) => {
    const found = await records.read(id)
    if (found === undefined) return
    await lives.end(found, { reason: 'logout', exchange: trigger })
    const token = signedIn(found)?.visit.refreshToken
    if (token === undefined) return
    await provider.revoke(token).catch((err: unknown) => trigger.log.warn({ err }, 'refresh token not revoked'))
  }

const signedIn = (found: Found | undefined): Found<Session> | undefined =>
  found !== undefined && isSession(found.visit) ? (found as Found<Session>) : undefined
