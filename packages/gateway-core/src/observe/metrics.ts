import { Counter, Gauge, Registry } from 'prom-client'
import type { Counted } from '../exchange.ts'
import { children } from './children.ts'
import { deprecatedSeries } from './deprecated.ts'
import { histogram } from './histogram.ts'
import { processSeries } from './process.ts'
import { requestSeries } from './requests.ts'
import { type SocketSeries, socketSeries } from './sockets.ts'
import { type StreamSeries, streamSeries } from './streams.ts'

/** Outcome of a call to an upstream: its status class, or the kind of its fault. */
export type Outcome = (typeof outcomes)[number]

/** Outcome of a cache look-up. */
export type CacheResult = (typeof cacheResults)[number]

/** The counted facts of a route. */
export interface CountedRoute {
  readonly path: string
  readonly methods: readonly string[]
  /** Present: it takes upgrades. */
  readonly bindUpgrade?: unknown
  readonly made?: { readonly door: string }
}

/** Every allowed label value; others are counted as `other`. */
export interface Known {
  readonly routes: readonly CountedRoute[]
  readonly upstreams: readonly string[]
  /** Names of rate limits. */
  readonly limits?: readonly string[]
}

/**
 * An app's metrics for Prometheus. Takes milliseconds, exports seconds by Prometheus convention. Nothing here throws.
 */
export interface Metrics extends Counted {
  /** A request arrived. Each must be followed by one `ended`. */
  readonly began: () => void
  /**
   * Its response ended. `route` is the pattern, never the path; absent if none matched. 499 if the client disconnected.
   * Without `ms` for a stream.
   */
  readonly ended: (route: string | undefined, method: string, status: number, ms?: number) => void
  /** One attempt at an upstream ended. */
  readonly call: (upstream: string, outcome: Outcome, ms: number) => void
  /** A retry. */
  readonly retried: (upstream: string) => void
  /** A hedge: a second address was asked as well. */
  readonly hedged: (upstream: string) => void
  readonly breaker: (upstream: string, state: 'closed' | 'half-open' | 'open') => void
  readonly cache: (upstream: string, result: CacheResult) => void
  /** A rate limit refused a request. */
  readonly refused: (limit: string) => void
  /** A cookie arrived, or was about to be set, where cookies are off. */
  readonly cookie: (way: 'received' | 'sent') => void
  /** A request to a deprecated route from this OAuth client, with the version its app reports. */
  readonly deprecated: (route: string, client?: string, version?: unknown) => void
  /** Upgraded sockets, by route. */
  readonly sockets: SocketSeries
  /** Registers a check, run at each `text`, whether the store is reachable. Call once. */
  readonly store: (up: () => boolean) => void
  /** Streams by route, including those a forward passes on. */
  readonly streams: StreamSeries
  /** Content type of `text`. */
  readonly contentType: string
  /** Everything in Prometheus text format 0.0.4. */
  readonly text: () => Promise<string>
}

const outcomes = [
  '1xx',
  '2xx',
  '3xx',
  '4xx',
  '5xx',
  'refused',
  'reset',
  'malformed',
  'timeout',
  'aborted',
  'open',
  'full',
] as const

const cacheResults = ['hit', 'miss', 'stale', 'revalidated', 'coalesced', 'bypass'] as const

const states = { closed: 0, 'half-open': 1, open: 2 } as const

/**
 * Counts in a separate registry, plus process metrics. Labels come from `known` only, so the number of series is fixed
 * at boot and clients cannot add any, except the bounded clients of deprecated routes. Label look-ups happen at boot
 * too: counting costs less than a microsecond.
 */
export function metrics(known: Known): Metrics {
  const registry = new Registry()
  const process = processSeries()
  return {
    ...requestSeries(registry, known.routes),
    ...callSeries(registry, known.upstreams),
    refused: counter(
      registry,
      'limit_refusals_total',
      'Requests refused by a rate limit.',
      'limit',
      known.limits ?? [],
    ),
    cookie: counter(registry, 'cookies_ignored_total', 'Cookies ignored because cookies are off.', 'way', [
      'received',
      'sent',
    ]),
    deprecated: deprecatedSeries(registry),
    ...signInSeries(registry),
    sockets: socketSeries(registry, known.routes),
    store: (up) => void storeSeries(registry, up),
    streams: streamSeries(registry, known.routes),
    contentType: registry.contentType,
    text: async () => `${await registry.metrics()}\n${await process.metrics()}`,
  }
}

const signInSeries = (registry: Registry): Counted => ({
  login: counter(registry, 'logins_total', 'Logins completed at the provider, by outcome.', 'outcome', [
    'success',
    'failed',
  ]),
  refresh: counter(registry, 'session_refreshes_total', 'Session token refreshes, by outcome.', 'outcome', [
    'ok',
    'raced',
    'failed',
  ]),
  csrf: counter(registry, 'csrf_refusals_total', 'Requests refused as possibly forged, by failed check.', 'signal', [
    'origin',
    'fetch-metadata',
    'header',
  ]),
})

const storeSeries = (registry: Registry, up: () => boolean) =>
  new Gauge({
    name: 'store_up',
    help: '1 while the shared store is reachable.',
    registers: [registry],
    collect() {
      this.set(up() ? 1 : 0)
    },
  })

function callSeries(registry: Registry, upstreams: readonly string[]) {
  const registers = [registry]
  const help = 'Duration of upstream attempts until the head of the response.'
  const calls = histogram(registry, 'upstream_calls_seconds', help)
  const ends = children(upstreams, (upstream) => children(outcomes, (outcome) => calls({ upstream, outcome })))
  const breakers = new Gauge({
    name: 'upstream_breaker_state',
    help: '0 closed, 1 half open, 2 open.',
    labelNames: ['upstream'],
    registers,
  })
  const caches = new Counter({
    name: 'upstream_cache_total',
    help: 'Cache look-ups, by result.',
    labelNames: ['upstream', 'result'],
    registers,
  })
  const results = children(upstreams, (upstream) => children(cacheResults, (result) => caches.labels(upstream, result)))
  const gauges = children(upstreams, (upstream) => breakers.labels(upstream))
  for (const upstream of upstreams) gauges(upstream).set(states.closed)
  return {
    call: (upstream: string, outcome: Outcome, ms: number) => ends(upstream)(outcome)(ms),
    retried: counter(registry, 'upstream_retries_total', 'Calls retried.', 'upstream', upstreams),
    hedged: counter(registry, 'upstream_hedges_total', 'Calls hedged.', 'upstream', upstreams),
    breaker: (upstream: string, state: keyof typeof states) => gauges(upstream).set(states[state]),
    cache: (upstream: string, result: CacheResult) => results(upstream)(result).inc(),
  }
}

function counter(registry: Registry, name: string, help: string, label: string, values: readonly string[]) {
  const counts = new Counter({ name, help, labelNames: [label], registers: [registry] })
  const child = children(values, (value) => counts.labels(value))
  for (const value of values) child(value).inc(0)
  return (value: string): void => child(value).inc()
}
