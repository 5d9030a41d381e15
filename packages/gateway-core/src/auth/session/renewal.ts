import type { Exchange } from '../../exchange.ts'
import { StoreUnavailable } from '../../state/store.ts'
import type { Audit } from '../audit.ts'
import { type Provider, Refused, type Tokens } from '../login/provider.ts'
import type { End } from './endings.ts'
import { isSession, type Session } from './session-content.ts'
import { whoseOf } from './session-lives.ts'
import type { SessionProblems } from './session-problem.ts'
import type { SessionRecords } from './session-records.ts'
import { nameOf } from './session-seal.ts'

/** After a failure, the provider is not asked again for this long while the token is valid. */
const PROVIDER_PAUSE = 2_000
/** Interval between attempts to store new tokens. */
const WRITE_RETRY = 100
/** Limit of sessions whose new tokens could not be stored. */
const MOST_UNWRITTEN = 1_000

/** The request that triggered it. */
export type Trigger = Pick<Exchange, 'log' | 'traceId' | 'address' | 'method' | 'deadline'>

export interface RenewalOptions {
  readonly records: SessionRecords
  readonly provider: Provider
  readonly problems: SessionProblems
  readonly end: End
  readonly tell: Audit
  readonly client: string
  /** For `/metrics`. */
  readonly count: (outcome: 'ok' | 'raced' | 'failed') => void
  /** Default lifetime of refresh tokens in milliseconds. */
  readonly lifetime?: number | undefined
  /** Epoch milliseconds. */
  readonly clock: () => number
}

type Fresh = Omit<Tokens, 'claims'>

/** Result of a refresh: new tokens, `no`, or `later`. */
type Answer = Fresh | 'no' | 'later'

/** Refreshes at the provider. Returns the unchanged session while its token is valid and the provider is down. */
export function renewal(options: RenewalOptions) {
  const { problems, tell, client, count } = options
  const write = writer(options)
  const ask = asker(options)

  return async (id: string, session: Session, trigger: Trigger): Promise<Session> => {
    const about = { user: session.claims.sub, client, session: nameOf(id), exchange: trigger }
    const failed = (reason: string) => {
      count('failed')
      tell('session_renew_fail', { ...about, reason })
    }
    try {
      const answer = write.unwritten(id, session) ?? (await ask(session, trigger, failed))
      if (answer === 'later') return session
      const kept =
        answer === 'no' ? await refused(options, id, session, trigger) : await write(id, session, answer, trigger)
      if (kept === undefined) {
        if (answer === 'no') failed('refused')
        throw problems.expired()
      }
      const own = answer !== 'no' && kept.version === session.version + 1
      count(own ? 'ok' : 'raced')
      if (own) tell('session_renewed', about)
      return kept
    } catch (error) {
      if (error instanceof StoreUnavailable) failed('store-unavailable')
      throw error
    }
  }
}

type Failed = (reason: string) => void

function asker({ provider, clock }: RenewalOptions) {
  let notBefore = 0
  return async (session: Session, { log }: Trigger, failed: Failed): Promise<Answer> => {
    const holds = (): boolean => session.accessExpiresAt > clock()
    if (holds() && clock() < notBefore) return 'later'
    try {
      return await fresh(provider, session)
    } catch (err) {
      log.warn({ err }, 'access token not refreshed')
      if (err instanceof Refused) return 'no'
      notBefore = clock() + PROVIDER_PAUSE
      failed('identity-unavailable')
      if (holds()) return 'later'
      throw err
    }
  }
}

async function fresh(provider: Provider, session: Session): Promise<Fresh> {
  const { claims, ...tokens } = await provider.refresh(session.refreshToken!)
  if (claims !== undefined && claims.sub !== session.claims.sub) throw new Refused('another subject')
  return tokens
}

/**
 * Ends the session, unless another process refreshed first, which is why ours was refused: then returns that session.
 */
async function refused(
  { records, end }: RenewalOptions,
  id: string,
  session: Session,
  exchange: Trigger,
): Promise<Session | undefined> {
  for (let found = await records.read(id); found !== undefined; found = await records.read(id)) {
    if (isSession(found.visit) && found.visit.version !== session.version) return found.visit
    if (await end(found.name, whoseOf(session), { reason: 'grant-ended', exchange }, found.sealed)) break
  }
  return undefined
}

/**
 * Writes only if the tokens are still those it refreshed, so a late writer takes what is there. The provider has
 * already spent the old token, so while the store fails it retries until the deadline; then this process keeps the
 * tokens for the next request. If it dies first, the provider decides whether it accepts the spent token again.
 */
function writer({ records, lifetime, clock }: RenewalOptions) {
  const unwritten = new Map<string, { readonly version: number; readonly tokens: Fresh }>()
  const once = (id: string, { version }: Session, tokens: Fresh) =>
    records.update(id, (visit) =>
      isSession(visit) && visit.version === version
        ? { ...visit, ...sessionTokens(tokens, clock(), lifetime), version: version + 1 }
        : visit,
    )

  const write = async (id: string, session: Session, tokens: Fresh, { deadline }: Trigger) => {
    for (;;) {
      try {
        const kept = await once(id, session, tokens)
        unwritten.delete(id)
        return kept !== undefined && isSession(kept) ? kept : undefined
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        unwritten.set(id, { version: session.version, tokens })
        if (unwritten.size > MOST_UNWRITTEN) unwritten.delete(unwritten.keys().next().value!)
        if (performance.now() + 2 * WRITE_RETRY > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, WRITE_RETRY))
      }
    }
  }
  return Object.assign(write, {
    /** New tokens for this version of the session that the store did not accept. */
    unwritten: (id: string, { version }: Session): Fresh | undefined => {
      const found = unwritten.get(id)
      return found?.version === version ? found.tokens : undefined
    },
  })
}

/** The stored form of new tokens, with their expiry times. */
export function sessionTokens({ lifetime, refreshLifetime, ...tokens }: Fresh, now: number, elseRefresh?: number) {
  const refresh = tokens.refreshToken === undefined ? undefined : (refreshLifetime ?? elseRefresh)
  return {
    ...tokens,
    accessExpiresAt: now + lifetime,
    ...(refresh === undefined ? {} : { refreshExpiresAt: now + refresh }),
  }
}
