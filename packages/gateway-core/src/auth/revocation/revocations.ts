import type { Logger } from 'pino'
import type { Identity } from '../../exchange.ts'
import { problem, type Problem } from '../../problem.ts'
import type { Store } from '../../state/store.ts'
import { type Audit, audit } from '../audit.ts'
import { Journal } from './journal.ts'
import { type Kind, type Proof, Revoked } from './revoked.ts'
import { type Visit, Visits } from './visits.ts'

export interface RevocationsOptions {
  /** Shared by all processes whose clients are to be the same people. */
  readonly store: Store
  readonly log: Logger
  /** Milliseconds that any proof may live, sessions and tokens: so long a revocation is remembered. Default 24 h. */
  readonly lifetime?: number | undefined
  /** Revocations kept in memory, see `Revoked`. Default 100 000, about 20 MB. */
  readonly most?: number | undefined
  /** Milliseconds between two looks for what no message told of. Default 500. */
  readonly every?: number | undefined
  /** Milliseconds after which a store that is silent has failed. Default 2 000. */
  readonly patience?: number | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/**
 * Taking back what somebody proved. Each of the three resolves once it is written down and told to all processes; within a
 * second none of them takes the proof any more, and streams and sockets that were opened with it are closed. When the store
 * fails it holds in this process alone, and the promise rejects with the 503 `revocation-failed`: try again until it does not.
 *
 * `reason` is for the audit log: words with `-` between them.
 */
export interface Revocations extends AsyncDisposable {
  /** By the name that `Identity.sessionId` has: ours of a cookie's session, of a token the `sid` in it. */
  session(id: string, reason?: string): Promise<void>
  /**
   * Everything of a user that was issued before a time, by default now. Times in tokens are whole seconds, so that what is issued
   * in this very second is gone as well. A refresh token gets new ones afterwards: have the provider withdraw it too.
   */
  user(id: string, reason?: string, before?: number): Promise<void>
  /** One access token by its `jti`, one API key by its id, one certificate by its fingerprint. */
  token(id: string, reason?: string): Promise<void>
  /**
   * Whatever is still open with a session that is no more: for who has ended it, and says so in the audit log. The session itself
   * is gone, so this is remembered for 10 min only, and many who sign out do not push older revocations away.
   */
  ended(session: string): Promise<void>
  isRevoked(proof: Proof): boolean
  /**
   * For the app: throws a 401 for what is revoked, and ends the visit when it comes to that later. Only at the very start it has
   * to wait, and rejects with a 503 if it cannot be known.
   */
  readonly admit: (visit: Visit, identity: Identity) => void | Promise<void>
}

/** Longer than any process misses what the others do, and still runs. */
const ENDED = 600_000

/**
 * Learns what has been revoked, and keeps up with it. The store has each revocation twice: in a set, for processes that start or
 * missed something, and as a message to those that listen. Until the set has been read once, nobody is let in: 503
 * `identity-unavailable`. Later it goes by what it knows while the store fails, and the log says so.
 */
export function revocations(options: RevocationsOptions): Revocations {
  const { store, log, lifetime = 86_400_000, most = 100_000, every = 500, clock = Date.now } = options
  const revoked = new Revoked(most)
  const visits = new Visits(revoked, clock)
  let due: NodeJS.Timeout | undefined
  // Many may be revoked at once, and all visits are looked through for each.
  const sweepSoon = () => {
    due ??= setTimeout(() => {
      due = undefined
      visits.sweep()
    }, 20).unref()
  }
  const shared = new Journal({ ...options, clock }, (mark) => {
    revoked.add(mark)
    sweepSoon()
  })
  void shared.look()
  const timer = setInterval(() => {
    visits.sweep()
    revoked.forget(clock())
    if (store.local !== true) void shared.look()
  }, every).unref()
  const write = (kind: Kind, id: string, at: number, holds = lifetime) =>
    shared.write({ kind, id, at, until: clock() + holds })
  const revoke = revoker(audit(log), write)
  return {
    session: (id, reason) => revoke('session', id, reason, clock()),
    user: (id, reason, before = clock()) => revoke('user', id, reason, before),
    token: (id, reason) => revoke('token', id, reason, clock()),
    ended: (session) => write('session', session, clock(), Math.min(lifetime, ENDED)),
    isRevoked: (proof) => revoked.has(proof),
    admit: (visit, identity) =>
      shared.known ? visits.admit(visit, identity) : whenKnown(shared, visits, visit, identity),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      clearTimeout(due)
      await shared[Symbol.asyncDispose]()
    },
  }
}

async function whenKnown(shared: Journal, visits: Visits, visit: Visit, identity: Identity): Promise<void> {
  await shared.look()
  if (!shared.known) throw unknown()
  visits.admit(visit, identity)
}

const unknown = (): Problem =>
  problem(503, 'identity-unavailable', {
    detail: 'Sign-outs cannot be looked up yet. Try again shortly.',
    headers: { 'retry-after': '1' },
  })

const revoker =
  (tell: Audit, write: (kind: Kind, id: string, at: number) => Promise<void>) =>
  async (kind: Kind, id: string, reason: string | undefined, at: number): Promise<void> => {
    if (id === '') throw new TypeError(`a ${kind} without a name cannot be revoked`)
    tell('authn_token_revoked', { [kind === 'token' ? 'tokenId' : kind]: id, reason })
    await write(kind, id, at)
  }
