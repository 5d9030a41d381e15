import { lease } from '../../state/lease.ts'
import type { Store } from '../../state/store.ts'
import { singleFlight } from '../single-flight.ts'
import { identityUnavailable } from '../unavailable.ts'
import { renewal, type RenewalOptions, type Trigger } from './renewal.ts'
import { isSession, type Session } from './session-content.ts'
import type { SessionRecords } from './session-records.ts'
import { nameOf } from './session-seal.ts'

/** An access token is refreshed when less than this remains. */
const AHEAD = 30_000
/** Poll interval while another process refreshes. */
const POLL = 50
/** A crashed process blocks the others this long. */
const LEASE = 2_000
/** Longer than the lease, shorter than most deadlines. */
const PATIENCE = 4_000

export interface RefreshOptions extends RenewalOptions {
  readonly store: Store
}

export interface Refreshes {
  /** Needs no refresh for now. */
  readonly isFresh: (session: Session) => boolean
  /** The session, recently confirmed by the provider. Rejects with `session-expired` or `identity-unavailable`. */
  readonly refresh: (id: string, trigger: Trigger) => Promise<Session>
}

/**
 * One refresh per session at a time: shared within this process, by lease among processes. A process without the lease
 * waits and polls, and continues with the old token if that takes too long. If two run anyway, as no lease is perfect,
 * the first write wins and the other uses it. A process that dies after the provider spent the refresh token and before
 * the new one is written loses the session, unless the provider accepts a spent token for a while.
 */
export function refreshes(options: RefreshOptions): Refreshes {
  const { store, clock } = options
  const isFresh = (session: Session): boolean => session.accessExpiresAt - clock() > AHEAD
  const renew = renewal(options)

  /** One attempt: the session, and whether that is final. If not, another process is refreshing it. */
  const attempt = async (
    id: string,
    trigger: Trigger,
  ): Promise<{ readonly session: Session; readonly done: boolean }> => {
    await using held = await lease(store, nameOf(id), LEASE)
    // Read with the lease held: the previous holder may have spent the refresh token that our caller saw.
    const session = await current(options.records, id)
    if (session === undefined) throw options.problems.expired()
    if (isFresh(session) || session.refreshToken === undefined) return { session, done: true }
    // Awaited here: the lease ends with this block.
    return held?.held() === true ? { session: await renew(id, session, trigger), done: true } : { session, done: false }
  }

  const refresh = async (id: string, trigger: Trigger): Promise<Session> => {
    for (let waited = 0; ; waited += POLL) {
      const { session, done } = await attempt(id, trigger)
      if (done || (waited >= PATIENCE && session.accessExpiresAt > clock())) return session
      if (waited >= PATIENCE) break
      await new Promise((resolve) => setTimeout(resolve, POLL))
    }
    throw identityUnavailable(new Error('another process is still refreshing this session'))
  }
  return { isFresh, refresh: singleFlight(refresh, (id) => id) }
}

async function current(records: SessionRecords, id: string): Promise<Session | undefined> {
  const visit = (await records.read(id))?.visit
  return visit !== undefined && isSession(visit) ? visit : undefined
}
