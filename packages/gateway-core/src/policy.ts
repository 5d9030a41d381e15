import type { Exchange } from './exchange.ts'

/** How to treat one upstream. Policy is code; addresses are environment. Milliseconds and bytes everywhere, shares from 0 to 1. */
export interface Policy {
  /**
   * Longest one call may take, retries and waiting included; of a streamed answer, until its head is there, and of a gRPC stream
   * until its first message is. Default 1 000.
   */
  readonly timeout?: number
  /** Longest to open a connection. Default 1 000, or half of `timeout` if that is less: then there is time for another address. */
  readonly connectTimeout?: number
  /** Longest from the last byte of one attempt to the head of its answer. Default 0: as long as `timeout` leaves. */
  readonly firstByteTimeout?: number
  /** Longest silence inside a body, or between two messages of a stream, while its reader takes what comes. Default 30 000. */
  readonly idleTimeout?: number
  /** Longest a streamed body may take from its head on. Default 600 000. */
  readonly streamTimeout?: number
  /** Tries of an idempotent call. Default 1: no retry, but for a kept connection that died before it answered anything. */
  readonly attempts?: number
  /** Methods that may be tried again; never POST or PATCH, unless the call carries an `Idempotency-Key`. Default: GET, HEAD, PUT, DELETE. */
  readonly retryMethods?: readonly ('GET' | 'HEAD' | 'PUT' | 'DELETE')[]
  /** Retries and hedges together may add this share to the calls under way (at least 3). Default 0.2. */
  readonly retryBudget?: number
  /** Spare an upstream that fails. Default on. */
  readonly breaker?: BreakerPolicy | false
  /** Leave out an address that fails while others work. Default on. */
  readonly outlier?: OutlierPolicy | false
  /**
   * How many calls at a time, and how many may wait for a place. What lasts, such as a WebSocket or a stream of events, leaves its place
   * when it has begun: `caps` of its route count it. Default 256 and 64.
   */
  readonly bulkhead?: BulkheadPolicy
  /** Ask a second address when the first takes longer than most answers did. GET and HEAD only. Default off. */
  readonly hedge?: HedgePolicy | false
  /** Equal reads under way at the same time share one call. Default on. */
  readonly coalesce?: boolean
  /** Keep answers that say they may be kept (RFC 9111). `User-Agent` and the like do not reach a service then. Default off. */
  readonly cache?: CachePolicy | false
  /** Which address: `least-busy` of two drawn at random, each in turn, or always the same for one key. Default `least-busy`. */
  readonly balance?: 'least-busy' | 'round-robin' | 'hash'
  /** For `hash` and `split`: what stays together. Default: the user, else the client's address. */
  readonly stickyKey?: (exchange: Exchange) => string
  /** A new address gets its full share only after so many ms. Default 0. */
  readonly slowStart?: number
  /** Ask each address regularly whether it is well. Default off. */
  readonly probe?: ProbePolicy | false
  /** Share of sticky keys that go to the addresses of another arm: `{ canary: 0.05 }`. Default none. */
  readonly split?: Readonly<Record<string, number>>
  /** Share of reads that are also sent, for their effect on nobody, to the addresses of the arm `shadow`. Default 0. */
  readonly shadow?: number
  /**
   * For whom the upstream is asked. It never sees what a client has shown us: `user` and `client` are tokens of ours, about
   * who asks or about this BFF itself; `external` is for an upstream of somebody else's, out of the source that is handed in for it
   * (`clientCredentials`). Default `none`.
   */
  readonly token?: 'none' | 'user' | 'client' | 'external'
  /** Whom our tokens are for (`aud`): the upstream takes no others. Default `urn:` and its name. */
  readonly audience?: string
  /** Header fields of a client's request, in lower case, that travel with a screen's calls: `accept-language`. Default none. */
  readonly headers?: readonly string[]
  /**
   * What repeating a method does, where its `.proto` has no `idempotency_level`: `{ getStock: 'safe', reserve: 'idempotent' }`.
   * What is `safe` may share calls, be kept and be hedged; what is either may be tried again. gRPC only. Default: nothing.
   */
  readonly idempotency?: Readonly<Record<string, 'safe' | 'idempotent'>>
  /**
   * Answers that are not what the contract says: `enforce` fails the call (502), `warn` logs and uses them, `off` does not look
   * and saves the time. Only what `enforce` lets through is what its type says. Default `enforce`.
   */
  readonly validate?: 'enforce' | 'warn' | 'off'
  /** Largest answer a screen will read; of gRPC the largest message, either way. Default 1 MiB. */
  readonly maxBytes?: number
  /** Largest request body a forward will pass on. Default 10 MiB. */
  readonly maxRequestBytes?: number
}

export interface BreakerPolicy {
  /** Opens at this share of failures. Default 0.5. */
  readonly failureRate?: number
  /** Opens at this share of slow calls. Default 1. */
  readonly slowRate?: number
  /** From here on a call is slow. Default: 0.8 of `timeout`. */
  readonly slowAfter?: number
  /** How far back it looks. Default 10 000. */
  readonly window?: number
  /** Fewer calls than this in the window prove nothing. Default 20. */
  readonly minimum?: number
  /** Open for so long, then one call may prove that it works again. Default 5 000. */
  readonly cooldown?: number
}

export interface OutlierPolicy {
  /** Failures in a row after which an address is left out. Default 5. */
  readonly failures?: number
  /** Left out for so long, times how often it happened. Default 10 000, at most 300 000. */
  readonly ejection?: number
  /** When more than this share is left out, none is: the rest would be crushed. Default 0.5. */
  readonly panic?: number
}

export interface BulkheadPolicy {
  /** Default 256. */
  readonly calls?: number
  /** Default 64. */
  readonly queue?: number
}

export interface HedgePolicy {
  /** Share of recent answers that came sooner. Default 0.95. */
  readonly percentile?: number
  /** Never sooner than this. Default 10. */
  readonly minimum?: number
}

export interface CachePolicy {
  /** Room for answers, headers and keys included. Default 16 MiB. */
  readonly maxBytes?: number
  /** Largest single answer. Default 1 MiB. */
  readonly maxEntryBytes?: number
  /** Keep successful answers that say nothing of caching for so long. Default 0: what says nothing is not kept. */
  readonly maxAge?: number
  /** Answer with what is too old by no more than this, and fetch anew behind it. Default 0, or what the answer says. */
  readonly staleWhileRevalidate?: number
  /** Answer with what is too old by no more than this when the upstream fails. Default 0, or what the answer says. */
  readonly staleIfError?: number
}

export interface ProbePolicy {
  /** Default `/readyz`. gRPC is asked by `grpc.health.v1` and has none. */
  readonly path?: string
  /** Default 5 000. */
  readonly interval?: number
  /** Default 1 000. */
  readonly timeout?: number
  /** Answers in a row after which an address is well again. Default 2. */
  readonly healthy?: number
  /** Failures in a row after which an address is left out. Default 3. */
  readonly unhealthy?: number
}

/** A policy with every default filled in, down to the parts that are on. */
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

/** Fill in what a policy leaves open. */
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
