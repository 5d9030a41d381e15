import { directives, seconds, text } from '../../road/cache/directives.ts'

/** What one `Cache-Control` allows. Milliseconds; what it does not allow is 0. */
export interface Said {
  readonly noStore: boolean
  readonly private: boolean
  /** Or it says nothing of for how long, which comes to the same. */
  readonly noCache: boolean
  readonly mustRevalidate: boolean
  readonly proxyRevalidate: boolean
  readonly noTransform: boolean
  readonly immutable: boolean
  /** In a cache of one user. */
  readonly maxAge: number
  /** In a cache of many: `s-maxage`, or else `max-age`. */
  readonly sharedMaxAge: number
  /** It has an `s-maxage`. */
  readonly isSplit: boolean
  readonly whileRevalidate: number
  readonly ifError: number
}

/** Different values that are remembered. A service has a handful of them; one that makes them up forgets all. */
const most = 256

/** A longer one is read anew each time. */
const longest = 256

const known = new Map<string, Said>()

/** RFC 9111 §5.2.2, RFC 5861. A qualified `private` or `no-cache` counts for the whole answer, as §5.2.2.4 allows. */
export function saidBy(header: string | readonly string[] | undefined): Said {
  const value = text(header)
  const before = known.get(value)
  if (before !== undefined) return before
  const said = read(value)
  if (value.length > longest) return said
  if (known.size >= most) known.clear()
  known.set(value, said)
  return said
}

function read(value: string): Said {
  const said = directives({ 'cache-control': value })
  const maxAge = seconds(said, 'max-age')
  const sharedMaxAge = seconds(said, 's-maxage')
  return {
    noStore: said.has('no-store'),
    private: said.has('private'),
    noCache: said.has('no-cache') || (maxAge === undefined && sharedMaxAge === undefined),
    mustRevalidate: said.has('must-revalidate'),
    proxyRevalidate: said.has('proxy-revalidate'),
    noTransform: said.has('no-transform'),
    immutable: said.has('immutable'),
    maxAge: maxAge ?? 0,
    sharedMaxAge: sharedMaxAge ?? maxAge ?? 0,
    isSplit: sharedMaxAge !== undefined,
    whileRevalidate: seconds(said, 'stale-while-revalidate') ?? 0,
    ifError: seconds(said, 'stale-if-error') ?? 0,
  }
}
