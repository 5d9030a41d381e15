import type { CachePolicy, FullPolicy } from '../../policy.ts'
import { answer, hit } from '../cache/answer.ts'
import { Fetches } from '../cache/fetches.ts'
import { place, userOf } from '../cache/key.ts'
import { isBeyond, Question } from '../cache/question.ts'
import { Store } from '../cache/store.ts'
import type { Call, Filter, Reply, Service } from '../call.ts'

export interface CacheOptions extends Required<CachePolicy> {
  /** `user`: answers are kept for each user alone, and `private` ones too. */
  readonly token: FullPolicy['token']
  /** Longest that a fetch behind a stale answer may take. */
  readonly timeout: number
  /** Of the upstream. What a write says about other places of the same origin is read against it. */
  readonly address: string
}

/**
 * Keep answers that say they may be kept, and answer with them (RFC 9111, a shared cache; with `token: 'user'` one for each
 * user). What is too old is asked for again with its `ETag` or date, behind the client's back where that is allowed
 * (`stale-while-revalidate`, RFC 5861), and stands in for a failure (`stale-if-error`). Each question is asked once at a
 * time. Each read's reply says in `Cache-Status` (RFC 9211) what was done, and in `Age` how old it is.
 *
 * - Clients have no say: their `Cache-Control` and `Pragma` are ignored, for this cache stands in for the service (it is
 *   configured by the service's owner), and a client that could pass it by could pass everybody's load on. Conditions are
 *   answered from the cache. `Range`, `If-Match` and `If-Unmodified-Since` pass by.
 * - Headers that travel are part of the key, but for `Accept`, `Accept-Encoding` and `Accept-Language`, which count where
 *   `Vary` names them. `User-Agent`, `Sec-*` and the like do not travel: see `question.ts`.
 * - A write that succeeds ends what is kept for its url, of this user, and for the `Location` and `Content-Location` it names.
 *
 * Stands outermost: a hit pays for no other filter, and what it asks gets its time from `deadline`, further in.
 */
export function cache(options: CacheOptions): Filter {
  const store = new Store(options.maxBytes)
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

/** By the cache, both ways. */
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
  store: Store,
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

/** Other places below the upstream's address (`base`) that a write says it has changed, as urls of calls. */
function named(call: Call, { headers }: Reply, base: string): string[] {
  return ['location', 'content-location'].flatMap((name) => {
    const value = headers[name]
    const url = typeof value === 'string' ? URL.parse(value, base + call.url) : null
    if (url === null) return []
    url.hash = ''
    return url.href.startsWith(`${base}/`) ? [url.href.slice(base.length)] : []
  })
}
