import type { Heard } from '../../road/asking.ts'
import { type Said, saidBy } from './said.ts'

export interface Terms {
  /** Every call that the answer is made of, in any order. None at all: nobody knows for how long it holds. */
  readonly heard: readonly Heard[]
  /** The guard knows who is asking. */
  readonly signedIn: boolean
  /** It sets a cookie, which is for one client only (RFC 9111 §7.3). */
  readonly setsCookie: boolean
  /** A part was not to be had, and something stands in for it. */
  readonly fallback: boolean
  /** A part is older than its service would have it. */
  readonly stale: boolean
}

/** What all of several answers allow. Milliseconds from now, less than nothing when it is over. */
type Least = { -readonly [N in keyof Said]: Said[N] }

/**
 * `Cache-Control` of an answer that is made of many: as strict as the strictest of them (RFC 9111 §5.2.2).
 *
 * - What is personal is `private`, whatever a service says of it.
 * - What lacks a part is `no-store`: nobody keeps a makeshift, and what was kept before it stays.
 * - What is stale, or of which nobody knows how long it holds, is `no-cache`: kept, and asked about each time, by its tag.
 * - Everything else holds for as long as the first of its parts. `s-maxage` stays apart from `max-age`: what a service can
 *   take back from a cache of many, it cannot take back from a browser.
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
    const said = saidBy(headers?.['cache-control'])
    const age = ageOf(headers?.['age'])
    const overdue = Math.max(0, age - Math.min(said.maxAge, said.sharedMaxAge))
    least.noStore ||= said.noStore
    least.private ||= personal || said.private
    // What depends on more than the request is true once (RFC 9111 §4.1).
    least.noCache ||= said.noCache || headers?.['vary'] === '*'
    least.mustRevalidate ||= said.mustRevalidate
    least.proxyRevalidate ||= said.proxyRevalidate
    least.noTransform ||= said.noTransform
    least.immutable &&= said.immutable
    least.isSplit ||= said.isSplit
    least.maxAge = Math.min(least.maxAge, said.maxAge - age)
    least.sharedMaxAge = Math.min(least.sharedMaxAge, said.sharedMaxAge - age)
    least.whileRevalidate = Math.min(least.whileRevalidate, said.whileRevalidate - overdue)
    least.ifError = Math.min(least.ifError, said.ifError - overdue)
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

/** RFC 9111 §5.1, in milliseconds. One that cannot be read is any age at all. */
function ageOf(age: string | readonly string[] | undefined): number {
  if (age === undefined) return 0
  return typeof age === 'string' && /^\d{1,10}$/.test(age) ? Number(age) * 1_000 : Infinity
}

/** `max-age=0` would let a cache use it when it cannot ask. */
const isOver = ({ maxAge, sharedMaxAge, whileRevalidate, ifError }: Said, isPrivate: boolean): boolean =>
  seconds(isPrivate ? maxAge : Math.max(maxAge, sharedMaxAge)) + seconds(whileRevalidate) + seconds(ifError) === 0

function lifetime(
  { maxAge, sharedMaxAge, isSplit, mustRevalidate, proxyRevalidate }: Said,
  isPrivate: boolean,
): string {
  let line = `max-age=${seconds(maxAge)}`
  if (isSplit && !isPrivate) line += `, s-maxage=${seconds(sharedMaxAge)}`
  if (mustRevalidate) line += ', must-revalidate'
  if (proxyRevalidate) line += ', proxy-revalidate'
  return line
}

/** RFC 8246, RFC 5861. */
function extensions({ immutable, maxAge, whileRevalidate, ifError }: Said): string {
  let line = immutable && seconds(maxAge) > 0 ? ', immutable' : ''
  if (seconds(whileRevalidate) > 0) line += `, stale-while-revalidate=${seconds(whileRevalidate)}`
  if (seconds(ifError) > 0) line += `, stale-if-error=${seconds(ifError)}`
  return line
}

/** Whole ones, as directives have them. */
const seconds = (ms: number): number => Math.max(0, Math.floor(ms / 1_000))
