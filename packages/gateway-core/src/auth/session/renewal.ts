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

/** A provider that was down is not asked again for a token that still holds. */
const RESPITE = 2_000
/** Between two tries to write down what the provider gave. */
const AGAIN = 100
/** Of sessions whose new tokens could not be written. */
const MOST_UNWRITTEN = 1_000

/** The request that it is done for. */
export type Asking = Pick<Exchange, 'log' | 'traceId' | 'address' | 'method' | 'deadline'>

export interface RenewalOptions {
  readonly records: SessionRecords
  readonly provider: Provider
  readonly problems: SessionProblems
  readonly end: End
  readonly tell: Audit
  readonly client: string
  /** For `/metrics`. */
  readonly count: (outcome: 'ok' | 'raced' | 'failed') => void
  /** Of refresh tokens whose provider does not tell, milliseconds. */
  readonly lifetime?: number | undefined
  /** Epoch milliseconds. */
  readonly clock: () => number
}

type Fresh = Omit<Tokens, 'claims'>

/** What came of asking: new tokens, `no`, or `later`. */
type Answer = Fresh | 'no' | 'later'

/** Asks the provider. The session as it was, while its token holds and the provider is down. */
export function renewal(options: RenewalOptions) {
  const { problems, tell, client, count } = options
  const write = writer(options)
  const ask = asker(options)

  return async (id: string, session: Session, asking: Asking): Promise<Session> => {
    const about = { user: session.claims.sub, client, session: nameOf(id), exchange: asking }
    const failed = (reason: string) => {
      count('failed')
      tell('session_renew_fail', { ...about, reason })
    }
    try {
      const answer = write.unwritten(id, session) ?? (await ask(session, asking, failed))
      if (answer === 'later') return session
      const kept =
        answer === 'no' ? await refused(options, id, session, asking) : await write(id, session, answer, asking)
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
  return async (session: Session, { log }: Asking, failed: Failed): Promise<Answer> => {
    const holds = (): boolean => session.accessExpiresAt > clock()
    if (holds() && clock() < notBefore) return 'later'
    try {
      return await fresh(provider, session)
    } catch (err) {
      log.warn({ err }, 'access token not refreshed')
      if (err instanceof Refused) return 'no'
      notBefore = clock() + RESPITE
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

/** Ends the session, unless another process was first after all, and that is why ours was refused: then what that one got. */
async function refused(
  { records, end }: RenewalOptions,
  id: string,
  session: Session,
  exchange: Asking,
): Promise<Session | undefined> {
  for (let found = await records.read(id); found !== undefined; found = await records.read(id)) {
    if (isSession(found.visit) && found.visit.version !== session.version) return found.visit
    if (await end(found.name, whoseOf(session), { reason: 'grant-ended', exchange }, found.sealed)) break
  }
  return undefined
}

/**
 * Writes only over the tokens that it was made of, so that whoever comes late takes what is there instead. The provider has spent the
 * token before, so while the store fails it is tried again until the request has no time left; after that this process
 * keeps them for the next one. Should it end first, the provider decides whether it takes the spent token once more.
 */
function writer({ records, lifetime, clock }: RenewalOptions) {
  const unwritten = new Map<string, { readonly version: number; readonly tokens: Fresh }>()
  const once = (id: string, { version }: Session, tokens: Fresh) =>
    records.update(id, (visit) =>
      isSession(visit) && visit.version === version
        ? { ...visit, ...sessionTokens(tokens, clock(), lifetime), version: version + 1 }
        : visit,
    )

  const write = async (id: string, session: Session, tokens: Fresh, { deadline }: Asking) => {
    for (;;) {
      try {
        const kept = await once(id, session, tokens)
        unwritten.delete(id)
        return kept !== undefined && isSession(kept) ? kept : undefined
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        unwritten.set(id, { version: session.version, tokens })
        if (unwritten.size > MOST_UNWRITTEN) unwritten.delete(unwritten.keys().next().value!)
        if (performance.now() + 2 * AGAIN > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, AGAIN))
      }
    }
  }
  return Object.assign(write, {
    /** What the provider has given for this very state of the session, and the store would not take. */
    unwritten: (id: string, { version }: Session): Fresh | undefined => {
      const found = unwritten.get(id)
      return found?.version === version ? found.tokens : undefined
    },
  })
}

/** What is kept of what the provider gave, with the times at which it ends. */
export function sessionTokens({ lifetime, refreshLifetime, ...tokens }: Fresh, now: number, elseRefresh?: number) {
  const refresh = tokens.refreshToken === undefined ? undefined : (refreshLifetime ?? elseRefresh)
  return {
    ...tokens,
    accessExpiresAt: now + lifetime,
    ...(refresh === undefined ? {} : { refreshExpiresAt: now + refresh }),
  }
}
