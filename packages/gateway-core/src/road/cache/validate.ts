import type { Headers, Reply } from '../call.ts'
import { fromUpstream } from '../headers.ts'
import { opaque } from '../tags.ts'
import { tagOf } from './answer.ts'
import type { Entry } from './store.ts'

/** Whether a 304 speaks of the answer that is kept. */
export function isOf(stale: Entry, { headers }: Reply): boolean {
  const tag = tagOf(headers)
  const own = tagOf(stale.headers)
  return tag === undefined || (own !== undefined && opaque(tag) === opaque(own))
}

/** What asks an upstream whether an answer still holds. */
export function conditions({ etag, 'last-modified': modified }: Headers): Record<string, string | readonly string[]> {
  return { ...(etag !== undefined && { 'if-none-match': etag }), ...(modified && { 'if-modified-since': modified }) }
}

/** What is kept of the headers of an answer of so many bytes. One that does not say when it was made was made now (RFC 9110 §6.6.1). */
export function said({ status, headers }: Reply, size: number): Headers {
  const { age: _, 'cache-status': __, ...kept } = fromUpstream(headers)
  kept['date'] ??= new Date().toUTCString()
  if (status !== 204) kept['content-length'] = String(size)
  return kept
}
