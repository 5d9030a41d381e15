import type { Logger } from 'pino'
import type { Identity } from '../../exchange.ts'
import { problem, type Problem } from '../../problem.ts'
import type { Store } from '../../state/store.ts'
import { type Audit, audit } from '../audit.ts'
import { Journal } from './journal.ts'
import { type Kind, type Proof, Revoked } from './revoked.ts'
import { type OpenExchange, OpenExchanges } from './open-exchanges.ts'

export interface RevocationsOptions {
  /** Shared by all processes that serve the same users. */
  readonly store: Store
  readonly log: Logger
  /**
   * Longest lifetime of any credential in milliseconds, sessions and tokens: revocations are kept that long. Default 24
   * h.
   */
  readonly lifetime?: number | undefined
  /** Revocations kept in memory, see `Revoked`. Default 100 000, about 20 MB. */
  readonly most?: number | undefined
  /** Milliseconds between two looks for missed messages. Default 500. */
  readonly every?: number | undefined
  /** Milliseconds after which an unresponsive store counts as failed. Default 2 000. */
  readonly patience?: number | undefined
  /** Epoch milliseconds. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/**
 * Revokes credentials. Each of the three methods resolves once the revocation is stored and published to all processes;
 * within a second none of them accepts the credential, and streams and sockets opened with it are closed. If the store
 * fails, only this process applies it, and the promise rejects with the 503 `revocation-failed`: retry until it
 * resolves.
 *
 * `reason` is for the audit log: words joined by `-`.
 */
export interface Revocations extends AsyncDisposable {
  /** By `Identity.sessionId`: our own id for a cookie session, the `sid` for a token. */
  session(id: string, reason?: string): Promise<void>
  /**
   * Everything issued to a user before a time, by default now. Token times are whole seconds, so anything issued in the
   * current second is included. A refresh token still obtains new ones: revoke it at the provider too.
   */
  user(id: string, reason?: string, before?: number): Promise<void>
  /** One access token by `jti`, one API key by id, one certificate by fingerprint. */
  token(id: string, reason?: string): Promise<void>
  /**
   * Closes what is still open with a session that has ended; the caller writes the audit log. The session itself is
   * gone, so this is kept for 10 min only, and many sign-outs do not evict older revocations.
   */
  ended(session: string): Promise<void>
  isRevoked(proof: Proof): boolean
  /**
   * For the app: throws a 401 if the identity is revoked, and ends the exchange if that happens later. Waits only right
   * after boot, and rejects with a 503 if the revocations cannot be loaded.
   */
  readonly admit: (exchange: OpenExchange, identity: Identity) => void | Promise<void>
}

/** Longer than a running process can lag behind the others. */
const ENDED = 600_000

/**
 * Loads the revocations and keeps up with them. The store has each one twice: in a set, for processes that start or
 * missed something, and as a message to subscribers. Until the set has been read once, nobody is admitted: 503
 * `identity-unavailable`. Later, while the store fails, it uses what it knows and logs that.
 */
export function revocations(options: RevocationsOptions): Revocations {
  const { store, log, lifetime = 86_400_000, most = 100_000, every = 500, clock = Date.now } = options
  const revoked = new Revoked(most)
  const exchanges = new OpenExchanges(revoked, clock)
  let due: NodeJS.Timeout | undefined
  // Batches revocations, as each sweep checks all open exchanges.
  const sweepSoon = () => {
    due ??= setTimeout(() => {
      due = undefined
      exchanges.sweep()
    }, 20).unref()
  }
  const shared = new Journal({ ...options, clock }, (mark) => {
    revoked.add(mark)
    sweepSoon()
  })
  void shared.look()
  const timer = setInterval(() => {
    exchanges.sweep()
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
    admit: (exchange, identity) =>
      shared.known ? exchanges.admit(exchange, identity) : whenKnown(shared, exchanges, exchange, identity),
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      clearTimeout(due)
      await shared[Symbol.asyncDispose]()
    },
  }
}

async function whenKnown(
  shared: Journal,
  exchanges: OpenExchanges,
  exchange: OpenExchange,
  identity: Identity,
): Promise<void> {
  await shared.look()
  if (!shared.known) throw unknown()
  exchanges.admit(exchange, identity)
}

const unknown = (): Problem =>
  problem(503, 'identity-unavailable', {
    detail: 'Sign-outs cannot be looked up yet. Try again shortly.',
    headers: { 'retry-after': '1' },
  })

const revoker =
  (tell: Audit, write: (kind: Kind, id: string, at: number) => Promise<void>) =>
  async (kind: Kind, id: string, reason: string | undefined, at: number): Promise<void> => {
    if (id === '') throw new TypeError(`cannot revoke a ${kind} without an id`)
    tell('authn_token_revoked', { [kind === 'token' ? 'tokenId' : kind]: id, reason })
    await write(kind, id, at)
  }
