import { directives, seconds, text } from '../../road/cache/directives.ts'

/** A parsed `Cache-Control`. Milliseconds; what it does not allow is 0. */
export interface CacheControl {
  readonly noStore: boolean
  readonly private: boolean
  /** Also when no lifetime is given, which comes to the same. */
  readonly noCache: boolean
  readonly mustRevalidate: boolean
  readonly proxyRevalidate: boolean
  readonly noTransform: boolean
  readonly immutable: boolean
  /** For private caches. */
  readonly maxAge: number
  /** For shared caches: `s-maxage`, or else `max-age`. */
  readonly sharedMaxAge: number
  /** It has an `s-maxage`. */
  readonly isSplit: boolean
  readonly whileRevalidate: number
  readonly ifError: number
}

/** Distinct values memoised. A service has a handful; one that generates them clears the memo. */
const most = 256

/** Longer values are parsed each time. */
const longest = 256

const known = new Map<string, CacheControl>()

/** RFC 9111 §5.2.2, RFC 5861. A qualified `private` or `no-cache` applies to the whole response, as §5.2.2.4 allows. */
export function parseCacheControl(header: string | readonly string[] | undefined): CacheControl {
  const value = text(header)
  const before = known.get(value)
  if (before !== undefined) return before
  const found = read(value)
  if (value.length > longest) return found
  if (known.size >= most) known.clear()
  known.set(value, found)
  return found
}

function read(value: string): CacheControl {
  const found = directives({ 'cache-control': value })
  const maxAge = seconds(found, 'max-age')
  const sharedMaxAge = seconds(found, 's-maxage')
  return {
    noStore: found.has('no-store'),
    private: found.has('private'),
    noCache: found.has('no-cache') || (maxAge === undefined && sharedMaxAge === undefined),
    mustRevalidate: found.has('must-revalidate'),
    proxyRevalidate: found.has('proxy-revalidate'),
    noTransform: found.has('no-transform'),
    immutable: found.has('immutable'),
    maxAge: maxAge ?? 0,
    sharedMaxAge: sharedMaxAge ?? maxAge ?? 0,
    isSplit: sharedMaxAge !== undefined,
    whileRevalidate: seconds(found, 'stale-while-revalidate') ?? 0,
    ifError: seconds(found, 'stale-if-error') ?? 0,
  }
}
