import type { Heard } from '../../road/asking.ts'
import { type CacheControl, parseCacheControl } from './parse-cache-control.ts'

export interface Terms {
  /** Every call the response is made of, in any order. Empty: its lifetime is unknown. */
  readonly heard: readonly Heard[]
  /** The guard identified a user. */
  readonly signedIn: boolean
  /** It sets a cookie, which belongs to one client (RFC 9111 §7.3). */
  readonly setsCookie: boolean
  /** A part failed, and a fallback stands in for it. */
  readonly fallback: boolean
  /** A part is past its service's freshness lifetime. */
  readonly stale: boolean
}

/** The strictest of several `Cache-Control`s. Milliseconds from now, negative once expired. */
type Least = { -readonly [N in keyof CacheControl]: CacheControl[N] }

/**
 * `Cache-Control` of a composed response: as strict as the strictest of its parts (RFC 9111 §5.2.2).
 *
 * - Personal: `private`, whatever a service says.
 * - A part missing: `no-store`, which also preserves the complete response a cache already has.
 * - Stale, or of unknown lifetime: `no-cache`, so kept and revalidated each time by its tag.
 * - Otherwise: the shortest lifetime of its parts. `s-maxage` stays apart from `max-age`: a service can purge a shared
 *   cache, but no browser.
 */
export function cacheControl({ heard, signedIn, setsCookie, fallback, stale }: Terms): string {
  const least = leastOf(heard)
  const transform = least.noTransform ? ', no-transform' : ''
  if (fallback || least.noStore) return `no-store${transform}`
  const isPrivate = signedIn || setsCookie || least.private
  const whose = isPrivate ? 'private, ' : ''
  if (stale || least.noCache || heard.length === 0 || isOver(least, isPrivate)) return `${whose}no-cache${transform}`
  return whose + lifetime(least, isPrivate) + transform + extensions(least)
}

function leastOf(heard: readonly Heard[]): Least {
  const least = nothingSaid()
  for (const { headers, personal } of heard) {
    const one = parseCacheControl(headers?.['cache-control'])
    const age = ageOf(headers?.['age'])
    const overdue = Math.max(0, age - Math.min(one.maxAge, one.sharedMaxAge))
    least.noStore ||= one.noStore
    least.private ||= personal || one.private
    // Depends on more than the request, so holds only once (RFC 9111 §4.1).
    least.noCache ||= one.noCache || headers?.['vary'] === '*'
    least.mustRevalidate ||= one.mustRevalidate
    least.proxyRevalidate ||= one.proxyRevalidate
    least.noTransform ||= one.noTransform
    least.immutable &&= one.immutable
    least.isSplit ||= one.isSplit
    least.maxAge = Math.min(least.maxAge, one.maxAge - age)
    least.sharedMaxAge = Math.min(least.sharedMaxAge, one.sharedMaxAge - age)
    least.whileRevalidate = Math.min(least.whileRevalidate, one.whileRevalidate - overdue)
    least.ifError = Math.min(least.ifError, one.ifError - overdue)
  }
  if (least.mustRevalidate) least.whileRevalidate = least.ifError = 0
  return least
}

const nothingSaid = (): Least => ({
  noStore: false,
  private: false,
  noCache: false,
  mustRevalidate: false,
  proxyRevalidate: false,
  noTransform: false,
  immutable: true,
  maxAge: Infinity,
  sharedMaxAge: Infinity,
  isSplit: false,
  whileRevalidate: Infinity,
  ifError: Infinity,
})

/** RFC 9111 §5.1, in milliseconds. An unreadable age counts as infinite. */
function ageOf(age: string | readonly string[] | undefined): number {
  if (age === undefined) return 0
  return typeof age === 'string' && /^\d{1,10}$/.test(age) ? Number(age) * 1_000 : Infinity
}

/** Sent as `no-cache`: `max-age=0` would let a cache use it when it cannot revalidate. */
const isOver = ({ maxAge, sharedMaxAge, whileRevalidate, ifError }: CacheControl, isPrivate: boolean): boolean =>
  seconds(isPrivate ? maxAge : Math.max(maxAge, sharedMaxAge)) + seconds(whileRevalidate) + seconds(ifError) === 0

function lifetime(
  { maxAge, sharedMaxAge, isSplit, mustRevalidate, proxyRevalidate }: CacheControl,
  isPrivate: boolean,
): string {
  let line = `max-age=${seconds(maxAge)}`
  if (isSplit && !isPrivate) line += `, s-maxage=${seconds(sharedMaxAge)}`
  if (mustRevalidate) line += ', must-revalidate'
  if (proxyRevalidate) line += ', proxy-revalidate'
  return line
}

/** RFC 8246, RFC 5861. */
function extensions({ immutable, maxAge, whileRevalidate, ifError }: CacheControl): string {
  let line = immutable && seconds(maxAge) > 0 ? ', immutable' : ''
  if (seconds(whileRevalidate) > 0) line += `, stale-while-revalidate=${seconds(whileRevalidate)}`
  if (seconds(ifError) > 0) line += `, stale-if-error=${seconds(ifError)}`
  return line
}

const seconds = (ms: number): number => Math.max(0, Math.floor(ms / 1_000))
