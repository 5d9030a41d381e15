import type { CachePolicy, FullPolicy } from '../../policy.ts'
import { answer, hit } from '../cache/answer.ts'
import { Fetches } from '../cache/fetches.ts'
import { place, userOf } from '../cache/key.ts'
import { isBeyond, Question } from '../cache/question.ts'
import { ResponseCache } from '../cache/response-cache.ts'
import type { Call, Filter, Reply, Service } from '../call.ts'

export interface CacheOptions extends Required<CachePolicy> {
  /** `user`: responses are stored per user, including `private` ones. */
  readonly token: FullPolicy['token']
  /** Longest background revalidation, in milliseconds. */
  readonly timeout: number
  /** The upstream's address, to resolve the locations a write names. */
  readonly address: string
}

/**
 * HTTP cache (RFC 9111, shared; with `token: 'user'` one per user). Stale responses are revalidated by `ETag` or date,
 * in the background where permitted (`stale-while-revalidate`, RFC 5861), and replace failures (`stale-if-error`).
 * Equal questions share one fetch. Each reply to a read reports the cache's action in `Cache-Status` (RFC 9211), and
 * its age in `Age`.
 *
 * - Clients have no say: their `Cache-Control` and `Pragma` are ignored, as this cache acts for the service (whose
 *   owner configures it), and a client that could bypass it could pass everyone's load on. Conditions are answered from
 *   the cache. `Range`, `If-Match` and `If-Unmodified-Since` bypass it.
 * - Forwarded headers are part of the key; `Accept`, `Accept-Encoding` and `Accept-Language` only where `Vary` names
 *   them. `User-Agent`, `Sec-*` and the like are not forwarded: see `question.ts`.
 * - A successful write invalidates its URL, for this user, and the `Location` and `Content-Location` it names.
 *
 * Outermost: a hit costs no other filter, and fetches get their time from `deadline`, further in.
 */
export function cache(options: CacheOptions): Filter {
  const store = new ResponseCache(options.maxBytes)
  const fetches = new Fetches(store, options, options.timeout)
  const { origin, pathname } = new URL(options.address)
  const base = origin + pathname.replace(/\/$/, '')
  return async (call, next) => {
    const user = userOf(call, options.token)
    if (user === undefined || call.method === 'OPTIONS') return next(call)
    if (call.method !== 'GET' && call.method !== 'HEAD') return write(call, next, user, base, store, fetches)
    if (isBeyond(call)) return past(call, next, 'bypass')
    const question = new Question(call, user)
    const kept = store.get(store.keyOf(question))
    const now = performance.now()
    if (kept !== undefined && 'passUntil' in kept) {
      if (now < kept.passUntil) return past(call, next, 'bypass')
      return call.method === 'HEAD' ? past(call, next, 'miss') : fetches.answer(call, question, next, undefined)
    }
    if (kept !== undefined && now < kept.fresh) return answer(call, kept, hit(kept, now), now)
    if (kept !== undefined && now < kept.whileRevalidate) {
      fetches.behind(question, next, kept)
      return answer(call, kept, hit(kept, now), now)
    }
    if (call.method === 'HEAD') return past(call, next, 'miss')
    return fetches.answer(call, question, next, kept)
  }
}

/** Bypasses the cache, both ways. */
async function past(call: Call, next: Service, why: 'bypass' | 'miss'): Promise<Reply> {
  const reply = await next(call)
  return { ...reply, headers: { ...reply.headers, 'cache-status': `bff; fwd=${why}` } }
}

/** RFC 9111 §4.4. */
async function write(
  call: Call,
  next: Service,
  user: string,
  base: string,
  store: ResponseCache,
  fetches: Fetches,
): Promise<Reply> {
  const reply = await next(call)
  if (reply.status >= 400) return reply
  for (const url of [call.url, ...named(call, reply, base)]) {
    fetches.outdate(place(user, url))
    store.forget(place(user, url))
  }
  return reply
}

/** Other URLs below the upstream's address (`base`) that a write says it changed, relative to it. */
function named(call: Call, { headers }: Reply, base: string): string[] {
  return ['location', 'content-location'].flatMap((name) => {
    const value = headers[name]
    const url = typeof value === 'string' ? URL.parse(value, base + call.url) : null
    if (url === null) return []
    url.hash = ''
    return url.href.startsWith(`${base}/`) ? [url.href.slice(base.length)] : []
  })
}
