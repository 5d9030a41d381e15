import type { Exchange } from './exchange.ts'

/**
 * How to treat one upstream. Policies are code; addresses are environment. Times in milliseconds, sizes in bytes,
 * shares from 0 to 1.
 */
export interface Policy {
  /**
   * Longest time for one call, including retries and queueing; for a streamed answer, until its head, and for a gRPC
   * stream, until its first message. Default 1 000.
   */
  readonly timeout?: number
  /**
   * Longest time to open a connection. Default 1 000, or half of `timeout` if that is less, which leaves time for
   * another address.
   */
  readonly connectTimeout?: number
  /**
   * Longest time from the last byte of one attempt's request to the head of its response. Default 0: limited by
   * `timeout` only.
   */
  readonly firstByteTimeout?: number
  /** Longest silence within a body, or between two messages of a stream, while its reader keeps up. Default 30 000. */
  readonly idleTimeout?: number
  /** Longest duration of a streamed body, from its head on. Default 600 000. */
  readonly streamTimeout?: number
  /**
   * Attempts of an idempotent call. Default 1: no retry, except on a reused connection that died before any response.
   */
  readonly attempts?: number
  /**
   * Methods that may be retried; never POST or PATCH, unless the call carries an `Idempotency-Key`. Default: GET, HEAD,
   * PUT, DELETE.
   */
  readonly retryMethods?: readonly ('GET' | 'HEAD' | 'PUT' | 'DELETE')[]
  /** Share of the calls in flight that retries and hedges together may add (at least 3). Default 0.2. */
  readonly retryBudget?: number
  /** Stop calling an upstream that fails. Default on. */
  readonly breaker?: BreakerPolicy | false
  /** Eject an address that fails while others work. Default on. */
  readonly outlier?: OutlierPolicy | false
  /**
   * Concurrent calls, and how many may queue. Long-lived ones (WebSockets, event streams) release their slot once
   * established: their route's `caps` count them. Default 256 and 64.
   */
  readonly bulkhead?: BulkheadPolicy
  /** Ask a second address when the first takes longer than most. GET and HEAD only. Default off. */
  readonly hedge?: HedgePolicy | false
  /** Equal concurrent reads share one call. Default on. */
  readonly coalesce?: boolean
  /**
   * Cache responses that allow it (RFC 9111). `User-Agent` and similar headers then do not reach the service. Default
   * off.
   */
  readonly cache?: CachePolicy | false
  /**
   * Address selection: `least-busy` of two random ones, `round-robin`, or `hash`: always the same for one key. Default
   * `least-busy`.
   */
  readonly balance?: 'least-busy' | 'round-robin' | 'hash'
  /** Key for `hash` and `split`. Default: the user, else the client's address. */
  readonly stickyKey?: (exchange: Exchange) => string
  /** Milliseconds over which a new address ramps up to its full share. Default 0. */
  readonly slowStart?: number
  /** Check the health of each address regularly. Default off. */
  readonly probe?: ProbePolicy | false
  /** Share of sticky keys routed to the addresses of another arm: `{ canary: 0.05 }`. Default none. */
  readonly split?: Readonly<Record<string, number>>
  /** Share of reads mirrored to the `shadow` arm; its answers are discarded. Default 0. */
  readonly shadow?: number
  /**
   * Token sent to the upstream, which never sees the client's own credentials: `user` and `client` are our tokens,
   * about the user or about this BFF itself; `external` is a third party's, from the source passed in for it
   * (`clientCredentials`). Default `none`.
   */
  readonly token?: 'none' | 'user' | 'client' | 'external'
  /** Audience of our tokens (`aud`): the upstream accepts no others. Default `urn:` and its name. */
  readonly audience?: string
  /** Client request headers, in lower case, that travel with a screen's calls: `accept-language`. Default none. */
  readonly headers?: readonly string[]
  /**
   * Idempotency of methods whose `.proto` sets no `idempotency_level`: `{ getStock: 'safe', reserve: 'idempotent' }`.
   * `safe` methods may be coalesced, cached and hedged; both kinds may be retried. gRPC only. Default: none.
   */
  readonly idempotency?: Readonly<Record<string, 'safe' | 'idempotent'>>
  /**
   * Answers that violate the contract: `enforce` fails the call (502), `warn` logs and uses them, `off` skips the check
   * to save time. Only `enforce` guarantees the declared type. Default `enforce`.
   */
  readonly validate?: 'enforce' | 'warn' | 'off'
  /** Largest response a screen reads; for gRPC, the largest message in either direction. Default 1 MiB. */
  readonly maxBytes?: number
  /** Largest request body a forward passes on. Default 10 MiB. */
  readonly maxRequestBytes?: number
}

export interface BreakerPolicy {
  /** Opens at this share of failures. Default 0.5. */
  readonly failureRate?: number
  /** Opens at this share of slow calls. Default 1. */
  readonly slowRate?: number
  /** A call that takes longer is slow. Default: 0.8 of `timeout`. */
  readonly slowAfter?: number
  /** Length of the observed window. Default 10 000. */
  readonly window?: number
  /** Fewest calls in the window for it to open. Default 20. */
  readonly minimum?: number
  /** How long it stays open before one trial call. Default 5 000. */
  readonly cooldown?: number
}

export interface OutlierPolicy {
  /** Consecutive failures after which an address is ejected. Default 5. */
  readonly failures?: number
  /** Ejection time, multiplied by the number of ejections. Default 10 000, at most 300 000. */
  readonly ejection?: number
  /** If a larger share is ejected, none is: the rest would be overloaded. Default 0.5. */
  readonly panic?: number
}

export interface BulkheadPolicy {
  /** Default 256. */
  readonly calls?: number
  /** Default 64. */
  readonly queue?: number
}

export interface HedgePolicy {
  /** Hedge after this percentile of recent response times. Default 0.95. */
  readonly percentile?: number
  /** Shortest delay before a hedge. Default 10. */
  readonly minimum?: number
}

export interface CachePolicy {
  /** Total size, headers and keys included. Default 16 MiB. */
  readonly maxBytes?: number
  /** Largest single response. Default 1 MiB. */
  readonly maxEntryBytes?: number
  /** Freshness of successful responses without caching headers. Default 0: these are not cached. */
  readonly maxAge?: number
  /**
   * Serve responses up to this much too old, and refresh them in the background. Default 0, or what the response says.
   */
  readonly staleWhileRevalidate?: number
  /** Serve responses up to this much too old when the upstream fails. Default 0, or what the response says. */
  readonly staleIfError?: number
}

export interface ProbePolicy {
  /** Default `/readyz`. Not for gRPC, which uses `grpc.health.v1`. */
  readonly path?: string
  /** Default 5 000. */
  readonly interval?: number
  /** Default 1 000. */
  readonly timeout?: number
  /** Consecutive successes after which an address is healthy again. Default 2. */
  readonly healthy?: number
  /** Consecutive failures after which an address is ejected. Default 3. */
  readonly unhealthy?: number
}

/** A policy with every default applied, down to its nested parts. */
export interface FullPolicy extends Required<Omit<Policy, 'stickyKey' | 'audience'>> {
  readonly audience: string | undefined
  readonly breaker: Required<BreakerPolicy> | false
  readonly outlier: Required<OutlierPolicy> | false
  readonly bulkhead: Required<BulkheadPolicy>
  readonly hedge: Required<HedgePolicy> | false
  readonly cache: Required<CachePolicy> | false
  readonly probe: Required<ProbePolicy> | false
  readonly stickyKey: (exchange: Exchange) => string
}

export type Policies = Readonly<Record<string, Policy>>

const stickyKey = (exchange: Exchange): string => exchange.identity?.user.id ?? exchange.address

const parts = {
  outlier: { failures: 5, ejection: 10_000, panic: 0.5 },
  bulkhead: { calls: 256, queue: 64 },
  hedge: { percentile: 0.95, minimum: 10 },
  cache: { maxBytes: 16_777_216, maxEntryBytes: 1_048_576, maxAge: 0, staleWhileRevalidate: 0, staleIfError: 0 },
  probe: { path: '/readyz', interval: 5_000, timeout: 1_000, healthy: 2, unhealthy: 3 },
} as const

/** Applies the defaults. */
export function complete(policy: Policy): FullPolicy {
  const timeout = policy.timeout ?? 1_000
  const breaker = {
    failureRate: 0.5,
    slowRate: 1,
    slowAfter: timeout * 0.8,
    window: 10_000,
    minimum: 20,
    cooldown: 5_000,
  }
  return {
    timeout,
    connectTimeout: policy.connectTimeout ?? Math.min(1_000, timeout / 2),
    firstByteTimeout: policy.firstByteTimeout ?? 0,
    idleTimeout: policy.idleTimeout ?? 30_000,
    streamTimeout: policy.streamTimeout ?? 600_000,
    attempts: policy.attempts ?? 1,
    retryMethods: policy.retryMethods ?? ['GET', 'HEAD', 'PUT', 'DELETE'],
    retryBudget: policy.retryBudget ?? 0.2,
    breaker: policy.breaker === false ? false : { ...breaker, ...policy.breaker },
    outlier: policy.outlier === false ? false : { ...parts.outlier, ...policy.outlier },
    bulkhead: { ...parts.bulkhead, ...policy.bulkhead },
    hedge: policy.hedge ? { ...parts.hedge, ...policy.hedge } : false,
    coalesce: policy.coalesce ?? true,
    cache: policy.cache ? { ...parts.cache, ...policy.cache } : false,
    balance: policy.balance ?? 'least-busy',
    stickyKey: policy.stickyKey ?? stickyKey,
    slowStart: policy.slowStart ?? 0,
    probe: policy.probe ? { ...parts.probe, ...policy.probe } : false,
    split: policy.split ?? {},
    shadow: policy.shadow ?? 0,
    token: policy.token ?? 'none',
    audience: policy.audience,
    headers: policy.headers ?? [],
    idempotency: policy.idempotency ?? {},
    validate: policy.validate ?? 'enforce',
    maxBytes: policy.maxBytes ?? 1_048_576,
    maxRequestBytes: policy.maxRequestBytes ?? 10_485_760,
  }
}
