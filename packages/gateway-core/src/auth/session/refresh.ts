import { lease } from '../../state/lease.ts'
import type { Store } from '../../state/store.ts'
import { singleFlight } from '../single-flight.ts'
import { identityUnavailable } from '../unavailable.ts'
import { type Asking, renewal, type RenewalOptions } from './renewal.ts'
import { isSession, type Session } from './session-content.ts'
import type { SessionRecords } from './session-records.ts'
import { nameOf } from './session-seal.ts'

/** An access token is renewed when it has less than this to live. */
const AHEAD = 30_000
/** Between two looks at what another process does about it. */
const LOOK = 50
/** After which a process that has died gives the others their turn. */
const LEASE = 2_000
/** Longer than that, and less than most requests have. */
const PATIENCE = 4_000

export interface RefreshOptions extends RenewalOptions {
  readonly store: Store
}

export interface Refreshes {
  /** It needs nothing for now. */
  readonly isFresh: (session: Session) => boolean
  /** The session, vouched for by the provider for now. Rejects with `session-expired` or `identity-unavailable`. */
  readonly refresh: (id: string, asking: Asking) => Promise<Session>
}

/**
 * Of one session, one refresh runs at a time: in this process by sharing it, among processes by a lease; whoever does not get
 * it waits and looks again, and goes on with what it has if that takes too long. Should two run all the same, for no lease is
 * perfect, the first to write wins and the other takes what is there. A process that dies after the provider has spent the
 * refresh token, and before the new one is written, costs the session, unless the provider takes a spent token for a while.
 */
export function refreshes(options: RefreshOptions): Refreshes {
  const { store, clock } = options
  const isFresh = (session: Session): boolean => session.accessExpiresAt - clock() > AHEAD
  const renew = renewal(options)

  /** One look: what is there, and whether that is the end of it. Otherwise somebody else is at it. */
  const attempt = async (
    id: string,
    asking: Asking,
  ): Promise<{ readonly session: Session; readonly done: boolean }> => {
    await using held = await lease(store, nameOf(id), LEASE)
    // Read after that: whoever was ahead of us may have spent the refresh token that our caller saw.
    const session = await current(options.records, id)
    if (session === undefined) throw options.problems.expired()
    if (isFresh(session) || session.refreshToken === undefined) return { session, done: true }
    // Awaited here: the lease ends with this block.
    return held?.held() === true ? { session: await renew(id, session, asking), done: true } : { session, done: false }
  }

  const refresh = async (id: string, asking: Asking): Promise<Session> => {
    for (let waited = 0; ; waited += LOOK) {
      const { session, done } = await attempt(id, asking)
      if (done || (waited >= PATIENCE && session.accessExpiresAt > clock())) return session
      if (waited >= PATIENCE) break
      await new Promise((resolve) => setTimeout(resolve, LOOK))
    }
    throw identityUnavailable(new Error('another process is still refreshing this session'))
  }
  return { isFresh, refresh: singleFlight(refresh, (id) => id) }
}

async function current(records: SessionRecords, id: string): Promise<Session | undefined> {
  const visit = (await records.read(id))?.visit
  return visit !== undefined && isSession(visit) ? visit : undefined
}
