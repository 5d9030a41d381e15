import type { Logger } from 'pino'
import { lease } from '../../state/lease.ts'
import type { Store } from '../../state/store.ts'
import { type Provider, Refused, type Tokens } from '../login/provider.ts'
import type { SessionProblems } from './session-problem.ts'
import { isSession, type Session } from './session-content.ts'
import type { SessionRecords } from './session-records.ts'
import { nameOf } from './session-seal.ts'
import { singleFlight } from '../single-flight.ts'
import { identityUnavailable } from '../unavailable.ts'

/** An access token is renewed when it has less than this to live. */
const AHEAD = 30_000
/** Between two looks at what another process does about it. */
const LOOK = 50
/** After which a process that has died gives the others their turn. */
const LEASE = 2_000
/** Longer than that, and less than most requests have. */
const PATIENCE = 4_000
/** A provider that was down is not asked again for a token that still holds. */
const RESPITE = 2_000

export interface RefreshOptions {
  readonly records: SessionRecords
  readonly store: Store
  readonly provider: Provider
  readonly problems: SessionProblems
  /** Of refresh tokens whose provider does not tell, milliseconds. */
  readonly lifetime?: number | undefined
  /** Epoch milliseconds. */
  readonly clock: () => number
}

export interface Refreshes {
  /** It needs nothing for now. */
  readonly isFresh: (session: Session) => boolean
  /** The session with an access token that is good for now. Rejects with `session-expired` or `identity-unavailable`. */
  readonly refresh: (id: string, log: Logger) => Promise<Session>
}

/**
 * Of one session, one refresh runs at a time: in this process by sharing it, among processes by a lease; whoever does not get
 * it waits and looks again, and goes on with the token that it has if that takes too long. Should two run all the same, for no lease is perfect, the first to write wins and the other takes
 * what is there. A process that dies after the provider has spent the refresh token, and before the new one is written, costs
 * the session, unless the provider takes a spent token for a while.
 */
export function refreshes(options: RefreshOptions): Refreshes {
  const { store, clock } = options
  const isFresh = (session: Session): boolean => session.accessExpiresAt - clock() > AHEAD
  const renew = renewal(options)

  /** One look: what is there, and whether that is the end of it. Otherwise somebody else is at it. */
  const attempt = async (id: string, log: Logger): Promise<{ readonly session: Session; readonly done: boolean }> => {
    await using held = await lease(store, nameOf(id), LEASE)
    // Read after that: whoever was ahead of us may have spent the refresh token that our caller saw.
    const session = await current(options.records, id)
    if (session === undefined) throw options.problems.expired()
    if (isFresh(session) || session.refreshToken === undefined) return { session, done: true }
    // Awaited here: the lease ends with this block.
    return held?.held() === true ? { session: await renew(id, session, log), done: true } : { session, done: false }
  }

  const refresh = async (id: string, log: Logger): Promise<Session> => {
    for (let waited = 0; ; waited += LOOK) {
      const { session, done } = await attempt(id, log)
      if (done || (waited >= PATIENCE && session.accessExpiresAt > clock())) return session
      if (waited >= PATIENCE) break
      await new Promise((resolve) => setTimeout(resolve, LOOK))
    }
    throw identityUnavailable(new Error('another process is still refreshing this session'))
  }
  return { isFresh, refresh: singleFlight(refresh, (id) => id) }
}

/** Asks the provider. The session as it was, while its token holds and the provider is down. */
function renewal({ records, provider, problems, lifetime, clock }: RefreshOptions) {
  let notBefore = 0

  /** Writes only over the tokens that it was made of, so that whoever comes late takes what is there instead. */
  const keep = (id: string, old: Session, tokens: Omit<Tokens, 'claims'>) =>
    records.update(id, (visit) =>
      isSession(visit) && visit.accessToken === old.accessToken
        ? { ...visit, ...sessionTokens(tokens, clock(), lifetime) }
        : visit,
    )

  const refused = async (id: string, session: Session): Promise<Session> => {
    for (let found = await records.read(id); found !== undefined; found = await records.read(id)) {
      // Another process was first after all, and that is why ours was refused.
      if (isSession(found.visit) && found.visit.accessToken !== session.accessToken) return found.visit
      if (await records.delete(found.name, found.sealed)) break
    }
    throw problems.expired()
  }

  return async (id: string, session: Session, log: Logger): Promise<Session> => {
    const holds = (): boolean => session.accessExpiresAt > clock()
    if (holds() && clock() < notBefore) return session
    const tokens = await ask(provider, session).catch((err: unknown) => {
      log.warn({ err }, 'access token not refreshed')
      if (err instanceof Refused) return undefined
      notBefore = clock() + RESPITE
      if (holds()) return 'later'
      throw err
    })
    if (tokens === 'later') return session
    if (tokens === undefined) return refused(id, session)
    const kept = await keep(id, session, tokens)
    if (kept === undefined || !isSession(kept)) throw problems.expired()
    return kept
  }
}

async function ask(provider: Provider, session: Session): Promise<Omit<Tokens, 'claims'>> {
  const { claims, ...tokens } = await provider.refresh(session.refreshToken!)
  if (claims !== undefined && claims.sub !== session.claims.sub) throw new Refused('another subject')
  return tokens
}

async function current(records: SessionRecords, id: string): Promise<Session | undefined> {
  const visit = (await records.read(id))?.visit
  return visit !== undefined && isSession(visit) ? visit : undefined
}

/** What the provider gave, with the times at which it ends. */
export function sessionTokens(
  { lifetime, refreshLifetime, ...tokens }: Omit<Tokens, 'claims'>,
  now: number,
  elseRefresh?: number,
) {
  const refresh = tokens.refreshToken === undefined ? undefined : (refreshLifetime ?? elseRefresh)
  return {
    ...tokens,
    accessExpiresAt: now + lifetime,
    ...(refresh === undefined ? {} : { refreshExpiresAt: now + refresh }),
  }
}
