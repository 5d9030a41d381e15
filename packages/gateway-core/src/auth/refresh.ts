import type { Logger } from 'pino'
import { type Provider, Refused, type Tokens } from './provider.ts'
import { expired } from './session-problem.ts'
import { isSession, nameOf, type Session, type SessionRecords } from './session-records.ts'
import { singleFlight } from './single-flight.ts'

/** An access token is renewed when it has less than this to live. */
const AHEAD = 30_000

export interface RefreshOptions {
  readonly records: SessionRecords
  readonly provider: Provider
  /** Of refresh tokens whose provider does not tell. */
  readonly lifetime?: number | undefined
  readonly clock: () => number
}

/** Resolves with the session and an access token that is good for now. */
export function refreshes({ records, provider, lifetime, clock }: RefreshOptions) {
  const isFresh = (session: Session): boolean => session.accessExpiresAt - clock() > AHEAD
  const current = async (id: string): Promise<Session | undefined> => {
    const visit = (await records.read(id))?.visit
    return visit !== undefined && isSession(visit) ? visit : undefined
  }

  /** Writes only over the tokens that it was made of, so that whoever comes late takes what is there instead. */
  const keep = async (id: string, old: Session, tokens: Tokens): Promise<Session | undefined> => {
    const written = await records.update(id, (visit) =>
      isSession(visit) && visit.accessToken === old.accessToken
        ? { ...visit, ...sessionTokens(tokens, clock(), lifetime) }
        : visit,
    )
    return written !== undefined && isSession(written) ? written : undefined
  }

  const renew = async (id: string, session: Session, log: Logger): Promise<Session> => {
    const holds = (): boolean => session.accessExpiresAt > clock()
    if (session.refreshToken === undefined) return session
    try {
      const { claims, ...tokens } = await provider.refresh(session.refreshToken)
      if (claims !== undefined && claims.sub !== session.claims.sub) throw new Refused('another subject')
      const kept = await keep(id, session, tokens)
      if (kept !== undefined) return kept
    } catch (err) {
      log.warn({ err }, 'access token not refreshed')
      if (!(err instanceof Refused)) {
        if (holds()) return session
        throw err
      }
      const now = await current(id)
      if (now !== undefined && now.accessToken !== session.accessToken) return now
      await records.delete(nameOf(id))
    }
    throw expired()
  }

  const once = singleFlight(
    async (id: string, log: Logger): Promise<Session> => {
      // Read again: whoever was ahead of us may have spent the refresh token that our caller saw.
      const session = await current(id)
      if (session === undefined) throw expired()
      return isFresh(session) ? session : renew(id, session, log)
    },
    (id) => id,
  )
  return { isFresh, refresh: once }
}

export const sessionTokens = (
  { lifetime, refreshLifetime, ...tokens }: Omit<Tokens, 'claims'>,
  now: number,
  unless?: number,
) => {
  const refresh = tokens.refreshToken === undefined ? undefined : (refreshLifetime ?? unless)
  return {
    ...tokens,
    accessExpiresAt: now + lifetime,
    ...(refresh === undefined ? {} : { refreshExpiresAt: now + refresh }),
  }
}
