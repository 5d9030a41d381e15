import type { CachePolicy } from '../../policy.ts'
import type { Headers } from '../call.ts'
import { dateOf, directives, type Directives, seconds, text } from './directives.ts'

/** When an answer may be used. All are times of `performance.now()`. */
export interface Terms {
  /** When it was made, as far as can be known: its age counts from here. */
  readonly born: number
  /** Until then it is used without asking. */
  readonly fresh: number
  /** Until then it is used at once, and asked for again behind it. */
  readonly whileRevalidate: number
  /** Until then it is used when there is no better answer. */
  readonly ifError: number
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
}

export interface Asked {
  readonly headers: Headers
  /** `performance.now()` at which it was sent. */
  readonly at: number
  /** The answer is for one user and kept for this user alone. */
  readonly private: boolean
}

/** What is final by itself. A 206 is a part of something, and a 302 is kept by nobody who means well. */
const keepable = new Set([200, 203, 204, 300, 301, 404, 410])

/** What each call says anew about its client, below the cache: an answer that depends on it is nobody else's. */
const ours = ['*', 'x-forwarded-for', 'traceparent', 'tracestate', 'x-deadline-ms']

/**
 * For how long an answer may be kept (RFC 9111 §3 and §4.2), or `undefined` when it may not. Nothing is guessed from
 * `Last-Modified` (§4.2.2). Stricter than it must be: nothing with a `Set-Cookie` is kept, however public it says it is, nor
 * what ends with its connection alone, of which nobody can tell whether it is whole.
 */
export function termsOf(asked: Asked, answer: Answer, policy: CachePolicy, now = performance.now()): Terms | undefined {
  const { headers, status } = answer
  if (!keepable.has(status) || headers['set-cookie'] !== undefined || !hasEnd(answer)) return undefined
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

/** Names in lower case, each once, in one order. */
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

const hasEnd = ({ status, headers }: Answer): boolean =>
  status === 204 || headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined

function forbids(said: Directives, asked: Asked): boolean {
  if (said.has('no-store')) return true
  if (asked.private) return false
  if (said.has('private')) return true
  // §3.5: an answer to somebody who proved who they are is only for others if it says so.
  const forAll = said.has('public') || said.has('must-revalidate') || said.has('s-maxage')
  return asked.headers['authorization'] !== undefined && !forAll
}

/** §4.2.1, the shared cache's word first. */
function lifetimeOf(
  said: Directives,
  { status, headers }: Answer,
  policy: CachePolicy,
  isPrivate: boolean,
): number | undefined {
  if (said.has('no-cache')) return 0
  const told = (isPrivate ? undefined : seconds(said, 's-maxage')) ?? seconds(said, 'max-age')
  if (told !== undefined) return told
  if (headers['expires'] !== undefined) {
    const date = dateOf(headers['date'])
    const length = dateOf(headers['expires']) - (Number.isNaN(date) ? Date.now() : date)
    return Number.isNaN(length) ? 0 : Math.max(0, length)
  }
  return status === 200 && (policy.maxAge ?? 0) > 0 ? policy.maxAge : undefined
}

/** §4.2.3. Dates are whole seconds, and so is what they can tell of an age. */
function ageOf(headers: Headers, sent: number, now: number): number {
  const date = dateOf(headers['date'])
  const apparent = Number.isNaN(date) ? 0 : Math.max(0, Math.floor(Date.now() / 1_000) * 1_000 - date)
  const told = text(headers['age'])
  const corrected = (/^\d+$/.test(told) ? Number(told) * 1_000 : 0) + (now - sent)
  return Math.max(apparent, corrected)
}

/** RFC 5861, within §4.2.4. `s-maxage` forbids what is stale (§5.2.2.10), but for an answer that allows it by name. */
function staleness(said: Directives, policy: CachePolicy, isPrivate: boolean) {
  const strict = said.has('no-cache') || said.has('must-revalidate') || (!isPrivate && said.has('proxy-revalidate'))
  if (strict) return { whileRevalidate: 0, ifError: 0 }
  const silent = !isPrivate && said.has('s-maxage') ? {} : policy
  return {
    whileRevalidate: seconds(said, 'stale-while-revalidate') ?? silent.staleWhileRevalidate ?? 0,
    ifError: seconds(said, 'stale-if-error') ?? silent.staleIfError ?? 0,
  }
}
