import type { CachePolicy } from '../../policy.ts'
import type { Headers } from '../call.ts'
import { dateOf, directives, type Directives, seconds, text } from './directives.ts'

/** When a response may be used. Times are those of `performance.now()`. */
export interface Terms {
  /** Best estimate of its creation: its age counts from here. */
  readonly born: number
  /** Until then it is fresh. */
  readonly fresh: number
  /** Until then it is served, and revalidated in the background. */
  readonly whileRevalidate: number
  /** Until then it may replace an error. */
  readonly ifError: number
}

export interface ResponseHead {
  readonly status: number
  readonly headers: Headers
}

export interface CachedRequest {
  readonly headers: Headers
  /** `performance.now()` at which it was sent. */
  readonly at: number
  /** The response is stored for one user only. */
  readonly private: boolean
}

/** Final statuses. A 206 is partial, and storing a 302 is rarely intended. */
const storableStatuses = new Set([200, 203, 204, 300, 301, 404, 410])

/** Request headers set per call below the cache: a response that varies on them cannot be shared. */
const ours = ['*', 'x-forwarded-for', 'traceparent', 'tracestate', 'x-deadline-ms']

/**
 * How long a response may be stored (RFC 9111 §3 and §4.2), or `undefined` if not at all. No heuristics from
 * `Last-Modified` (§4.2.2). Stricter than required: never with a `Set-Cookie`, even if public, nor when only the
 * connection's end delimits it, as it may be truncated.
 */
export function termsOf(
  asked: CachedRequest,
  answer: ResponseHead,
  policy: CachePolicy,
  now = performance.now(),
): Terms | undefined {
  const { headers, status } = answer
  if (!storableStatuses.has(status) || headers['set-cookie'] !== undefined || !hasEnd(answer)) return undefined
  if (vary(headers).some((name) => ours.includes(name))) return undefined
  const said = directives(headers)
  if (forbids(said, asked)) return undefined
  const lifetime = lifetimeOf(said, answer, policy, asked.private)
  if (lifetime === undefined) return undefined
  const age = ageOf(headers, asked.at, now)
  const born = now - age
  const fresh = born + lifetime
  const stale = staleness(said, policy, asked.private)
  const terms = { born, fresh, whileRevalidate: fresh + stale.whileRevalidate, ifError: fresh + stale.ifError }
  const useful = Math.max(terms.whileRevalidate, terms.ifError) > now || isValidated(headers)
  return useful ? terms : undefined
}

/** Lower-case, unique, sorted. */
export function vary(headers: Headers): readonly string[] {
  const said = text(headers['vary'])
  if (said === '') return []
  return [...new Set(said.toLowerCase().split(','))]
    .map((name) => name.trim())
    .filter(Boolean)
    .toSorted()
}

const isValidated = (headers: Headers): boolean =>
  headers['etag'] !== undefined || headers['last-modified'] !== undefined

const hasEnd = ({ status, headers }: ResponseHead): boolean =>
  status === 204 || headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined

function forbids(said: Directives, asked: CachedRequest): boolean {
  if (said.has('no-store')) return true
  if (asked.private) return false
  if (said.has('private')) return true
  // §3.5: a response to an authenticated request is shared only if it permits that.
  const forAll = said.has('public') || said.has('must-revalidate') || said.has('s-maxage')
  return asked.headers['authorization'] !== undefined && !forAll
}

/** §4.2.1, `s-maxage` first. */
function lifetimeOf(
  said: Directives,
  { status, headers }: ResponseHead,
  policy: CachePolicy,
  isPrivate: boolean,
): number | undefined {
  if (said.has('no-cache')) return 0
  const given = (isPrivate ? undefined : seconds(said, 's-maxage')) ?? seconds(said, 'max-age')
  if (given !== undefined) return given
  if (headers['expires'] !== undefined) {
    const date = dateOf(headers['date'])
    const length = dateOf(headers['expires']) - (Number.isNaN(date) ? Date.now() : date)
    return Number.isNaN(length) ? 0 : Math.max(0, length)
  }
  return status === 200 && (policy.maxAge ?? 0) > 0 ? policy.maxAge : undefined
}

/** §4.2.3. Dates have a resolution of seconds, and so does the age they yield. */
function ageOf(headers: Headers, sent: number, now: number): number {
  const date = dateOf(headers['date'])
  const apparent = Number.isNaN(date) ? 0 : Math.max(0, Math.floor(Date.now() / 1_000) * 1_000 - date)
  const reported = text(headers['age'])
  const corrected = (/^\d+$/.test(reported) ? Number(reported) * 1_000 : 0) + (now - sent)
  return Math.max(apparent, corrected)
}

/** RFC 5861, within §4.2.4. `s-maxage` forbids serving stale (§5.2.2.10), unless the response explicitly allows it. */
function staleness(said: Directives, policy: CachePolicy, isPrivate: boolean) {
  const strict = said.has('no-cache') || said.has('must-revalidate') || (!isPrivate && said.has('proxy-revalidate'))
  if (strict) return { whileRevalidate: 0, ifError: 0 }
  const silent = !isPrivate && said.has('s-maxage') ? {} : policy
  return {
    whileRevalidate: seconds(said, 'stale-while-revalidate') ?? silent.staleWhileRevalidate ?? 0,
    ifError: seconds(said, 'stale-if-error') ?? silent.staleIfError ?? 0,
  }
}
