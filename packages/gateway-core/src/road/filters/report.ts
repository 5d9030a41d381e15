import type { Exchange } from '../../exchange.ts'
import type { Filter, Headers } from '../call.ts'
import { Fault, type FaultKind } from '../fault.ts'

const classes = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** Outcome of one attempt: its status class, or its kind of fault. */
export type Outcome = (typeof classes)[number] | FaultKind

/** Called per attempt, with the milliseconds until its head or failure. Must not throw. */
export type Attempted = (upstream: string, outcome: Outcome, ms: number) => void

export function tell(
  attempted: Attempted,
  upstream: string,
  exchange: Exchange,
  outcome: Outcome,
  start: number,
): void {
  const ms = performance.now() - start
  attempted(upstream, outcome, ms)
  exchange.calls.push([upstream, outcome, Math.round(ms * 10) / 10])
}

/** Reports each attempt to its exchange and the metrics. */
export const report =
  (attempted: Attempted): Filter =>
  async (call, next) => {
    const start = performance.now()
    let outcome: Outcome = 'aborted'
    try {
      const reply = await next(call)
      outcome = classes[Math.trunc(reply.status / 100) - 1]!
      return reply
    } catch (error) {
      if (error instanceof Fault) outcome = error.kind
      throw error
    } finally {
      tell(attempted, call.upstream, call.exchange, outcome, start)
    }
  }

export type CacheResult = 'hit' | 'stale' | 'miss' | 'coalesced' | 'revalidated' | 'bypass'

/** Reports what the cache did, from `Cache-Status` (RFC 9211). */
export const cacheReport =
  (cached: (result: CacheResult) => void): Filter =>
  async (call, next) => {
    const reply = await next(call)
    const status = reply.headers['cache-status']
    if (typeof status === 'string') cached(resultOf(status))
    return reply
  }

/** Whether the cache served stale. */
export const isStaleAnswer = ({ 'cache-status': status }: Headers): boolean =>
  typeof status === 'string' && resultOf(status) === 'stale'

function resultOf(status: string): CacheResult {
  if (status.includes('; hit')) return status.includes('ttl=-') ? 'stale' : 'hit'
  if (/detail=|fwd=stale; fwd-status=5/.test(status)) return 'stale'
  if (status.includes('collapsed')) return 'coalesced'
  if (status.includes('fwd-status=304')) return 'revalidated'
  return status.includes('fwd=bypass') ? 'bypass' : 'miss'
}
