import type { Exchange } from '../exchange.ts'
import { problem } from '../problem.ts'
import type { Taken } from '../state/gcra.ts'
import { withTimeout } from '../state/with-timeout.ts'
import type { Store } from '../state/store.ts'

/** A quota per window, for each client. */
export interface Limit {
  /** Used in headers and metrics: lower case, digits and `-`. Unique among the limits of one store. */
  readonly name: string
  /** Units restored steadily over each `window`. */
  readonly quota: number
  /** Milliseconds. */
  readonly window: number
  /** Units that may be taken at once after a rest. Default `quota`, so any window sees at most twice the quota. */
  readonly burst?: number
  /** Units of a request whose route sets no cost. Default 1. */
  readonly cost?: number
  /** Who shares one quota. Default `client`: the user if signed in, else the address. */
  readonly key?: 'client' | ((exchange: Exchange) => string)
}

export interface LimitOptions {
  readonly store: Store
  /** Groups addresses of requests without a user: whoever has one IPv6 address has 2⁶⁴ of them. */
  readonly addressKey: (address: string) => string
  /**
   * While the store fails: `open` lets everyone pass, `closed` answers 503. Default `open`: a limit protects, it does
   * not authorize.
   */
  readonly onStoreError?: 'open' | 'closed'
  /** Milliseconds after which a silent store counts as failed. Default 50. */
  readonly patience?: number
  /** Called with the limit's name at each refusal. */
  readonly refused?: (limit: string) => void
  readonly clock?: () => number
}

/** Headers of draft-ietf-httpapi-ratelimit-headers-10, for every response that a limit has counted. */
export interface LimitFields {
  readonly ratelimit: string
  readonly 'ratelimit-policy': string
}

/**
 * Takes the units of one request, or throws 429 `rate-limited`. Resolves with `undefined` when the store failed and the
 * limit is open. Before the guard it counts addresses, after it users: each needs a limit with its own name.
 */
export type Limiter = (exchange: Exchange, cost?: number) => Promise<LimitFields | undefined>

/** Milliseconds between two warnings about the store. */
const quiet = 1_000

/** Throws a `TypeError` for an invalid limit. */
export function limiter(limit: Limit, options: LimitOptions): Limiter {
  const { store, addressKey, onStoreError = 'open', patience = 50, refused, clock = () => performance.now() } = options
  const { quota, window, burst = quota, cost: usual = 1 } = validated(limit)
  const interval = window / quota
  const local = store.local === true
  const keyOf = keys(limit, addressKey)
  const policy = `"${limit.name}";q=${quota};w=${Math.ceil(window / 1_000)}`
  let warnedAt = -Infinity
  return async (exchange, cost = usual) => {
    let taken: Taken
    try {
      const rate = { interval, burst, cost }
      taken = await (local
        ? store.take(keyOf(exchange), rate)
        : withTimeout(store.take(keyOf(exchange), rate), patience))
    } catch (error) {
      if (clock() - warnedAt >= quiet) {
        warnedAt = clock()
        exchange.log.warn({ limit: limit.name, onStoreError, err: error }, 'the store of a rate limit fails')
      }
      if (onStoreError === 'open') return undefined
      throw problem(503, 'limit-unavailable', { headers: { 'retry-after': '1' }, cause: error })
    }
    const fields = {
      ratelimit: `"${limit.name}";r=${taken.remaining};t=${Math.ceil(taken.reset / 1_000)}`,
      'ratelimit-policy': policy,
    }
    if (taken.allowed) return fields
    refused?.(limit.name)
    throw problem(429, 'rate-limited', {
      detail: 'Too many requests. Try again later.',
      headers: { ...fields, 'retry-after': String(Math.max(1, Math.ceil(taken.retryAfter / 1_000))) },
    })
  }
}

/** Merges both limits into one value per header. */
export const joined = (first: LimitFields | undefined, second: LimitFields | undefined): LimitFields | undefined =>
  first === undefined || second === undefined
    ? (first ?? second)
    : {
        ratelimit: `${first.ratelimit}, ${second.ratelimit}`,
        'ratelimit-policy': `${first['ratelimit-policy']}, ${second['ratelimit-policy']}`,
      }

function validated(limit: Limit): Limit {
  const { name, quota, window, burst = quota, cost = 1 } = limit
  const faults = [
    /^[a-z][a-z0-9-]*$/.test(name) ? '' : 'its name must be lower case, digits and -',
    Number.isInteger(quota) && quota > 0 ? '' : 'quota must be a whole number above 0',
    Number.isFinite(window) && window > 0 ? '' : 'window must be milliseconds above 0',
    Number.isInteger(burst) && burst > 0 ? '' : 'burst must be a whole number above 0',
    cost >= 0 && cost <= burst ? '' : 'cost must be between 0 and burst',
  ].filter((fault) => fault !== '')
  if (faults.length > 0) throw new TypeError(`The limit ${JSON.stringify(name)} does not fit: ${faults.join('; ')}.`)
  return limit
}

/** The key includes its kind, as a user's id may look like an address. */
function keys({ name, key = 'client' }: Limit, addressKey: (address: string) => string) {
  if (key !== 'client') return (exchange: Exchange) => `${name}:own:${key(exchange)}`
  return ({ identity, address }: Exchange) =>
    identity === undefined ? `${name}:address:${addressKey(address)}` : `${name}:user:${identity.user.id}`
}
