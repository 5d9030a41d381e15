import type { Headers, Reply } from '../call.ts'
import { fromUpstream } from '../headers.ts'
import { opaque } from '../tags.ts'
import { tagOf } from './answer.ts'
import type { Entry } from './response-cache.ts'

/** Whether a 304 refers to the stored response. */
export function isOf(stale: Entry, { headers }: Reply): boolean {
  const tag = tagOf(headers)
  const own = tagOf(stale.headers)
  return tag === undefined || (own !== undefined && opaque(tag) === opaque(own))
}

/** Conditional headers that revalidate a stored response. */
export function conditions({ etag, 'last-modified': modified }: Headers): Record<string, string | readonly string[]> {
  return { ...(etag !== undefined && { 'if-none-match': etag }), ...(modified && { 'if-modified-since': modified }) }
}

/** The headers to store of a response of `size` bytes. A missing `Date` becomes now (RFC 9110 §6.6.1). */
export function storedHeaders({ status, headers }: Reply, size: number): Headers {
  const { age: _, 'cache-status': __, ...kept } = fromUpstream(headers)
  kept['date'] ??= new Date().toUTCString()
  if (status !== 204) kept['content-length'] = String(size)
  return kept
}
