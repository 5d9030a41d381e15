import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { problem, type Problem } from '../problem.ts'
import type { Store } from '../state/store.ts'
import { type Provider, Refused, type Tokens } from './provider.ts'
import { type Found, type Session, sessionRecords } from './session-records.ts'
import { clearSession } from './session-cookie.ts'
import { singleFlight } from './single-flight.ts'

const ABSOLUTE = 43_200_000
/** An access token is renewed when it has less than this to live. */
const AHEAD = 30_000

export interface Sessions {
  /** Returns the id, always a new one: 256 random bits. */
  start(claims: Session['claims'], tokens: Omit<Tokens, 'claims'>): Promise<string>
  /** Looks without keeping it alive. */
  peek(id: string): Promise<Found | undefined>
  /** Keeps it alive, with an access token that is good for now. Rejects with `session-expired` or `identity-unavailable`. */
  use(id: string, log: Logger): Promise<Session>
  /** For one that another login takes the place of: revoking its tokens could end the grant that both share. */
  forget(id: string): Promise<unknown>
  /** Revokes its refresh token as well, if the provider can be reached. */
  end(id: string, log: Logger): Promise<void>
}

/** `loginUrl` is where the client sends the browser next. */
export const sessionProblem = (
  code: 'session-required' | 'session-expired',
  detail: string,
  cookie?: string,
): Problem =>
  problem(401, code, {
    detail,
    extra: { loginUrl: '/bff/login' },
    headers: {
      'www-authenticate': 'Cookie realm="session"',
      ...(cookie === undefined ? {} : { 'set-cookie': cookie }),
    },
  })

/**
 * Sessions of at most 12 h. Of one session, one refresh runs at a time in this process; two processes may still collide
 * where the provider rotates refresh tokens.
 */
export function sessions(store: Store, provider: Provider, clock: () => number): Sessions {
  const records = sessionRecords(store, clock)
  const isFresh = (session: Session): boolean => session.accessExpiresAt - clock() > AHEAD

  const refresh = singleFlight(
    async (id: string, log: Logger): Promise<Session> => {
      // Read again: whoever was ahead of us may have spent the refresh token that our caller saw.
      const session = (await records.read(id))?.session
      if (session === undefined) throw expired()
      if (isFresh(session)) return session
      const renewed = await renew(session, provider, clock, log)
      if (renewed === session) return session
      if (renewed !== undefined && (await records.replace(id, renewed))) return renewed
      await records.delete(id)
      throw expired()
    },
    (id) => id,
  )

  return {
    start: async (claims, tokens) => {
      const id = randomBytes(32).toString('base64url')
      await records.create(id, { claims, ...sessionTokens(tokens, clock()), endsAt: clock() + ABSOLUTE })
      return id
    },
    peek: (id) => records.read(id),
    use: async (id, log) => {
      const found = await records.read(id)
      if (found === undefined) throw expired()
      if (!isFresh(found.session)) return refresh(id, log)
      await records.keepAlive(id, found)
      return found.session
    },
    forget: (id) => records.delete(id),
    end: async (id, log) => {
      const found = await records.read(id)
      await records.delete(id)
      const token = found?.session.refreshToken
      if (token === undefined) return
      await provider.revoke(token).catch((err: unknown) => log.warn({ err }, 'refresh token not revoked'))
    },
  }
}

/** The session with new tokens, or as it was while its token still holds and the provider is down, or none: it is over. */
async function renew(
  session: Session,
  provider: Provider,
  clock: () => number,
  log: Logger,
): Promise<Session | undefined> {
  const holds = (): boolean => session.accessExpiresAt > clock()
  if (session.refreshToken === undefined) return holds() ? session : undefined
  try {
    const { claims, ...tokens } = await provider.refresh(session.refreshToken)
    if (claims !== undefined && claims.sub !== session.claims.sub) throw new Refused('another subject')
    return { ...session, ...sessionTokens(tokens, clock()) }
  } catch (err) {
    log.warn({ err }, 'access token not refreshed')
    if (err instanceof Refused) return undefined
    if (holds()) return session
    throw err
  }
}

const sessionTokens = ({ lifetime, ...tokens }: Omit<Tokens, 'claims'>, now: number) => ({
  ...tokens,
  accessExpiresAt: now + lifetime,
})

const expired = (): Problem => sessionProblem('session-expired', 'The session has ended.', clearSession())
