import { Body } from '../body.ts'
import type { Call, Headers, Reply } from '../call.ts'
import { isNamed } from '../tags.ts'
import { dateOf, text } from './directives.ts'
import type { Entry } from './response-cache.ts'
import { drain } from './tee.ts'

/** A reply from a stored response, for one call. `how`: what the cache did (RFC 9211). */
export function answer(call: Call, entry: Entry, how: string, now: number): Reply {
  const age = String(Math.max(0, Math.floor((now - entry.born) / 1_000)))
  const added = { age, 'cache-status': `bff; ${how}` }
  if (isUnchanged(call.headers, entry)) return unchanged(entry.headers, added)
  const body = call.method === 'HEAD' ? Body.of('') : Body.of(entry.bytes)
  return { status: entry.status, headers: { ...entry.headers, ...added }, body }
}

/** A fetched reply, for the call that caused it; of one the client already has, at most `maxBytes` are drained. */
export function pass(call: Call, reply: Reply, how: string, maxBytes: number): Reply {
  const added = { 'cache-status': `bff; ${how}` }
  if (!isUnchanged(call.headers, reply)) return { ...reply, headers: { ...reply.headers, ...added } }
  drain(reply.body, maxBytes)
  return unchanged(reply.headers, added)
}

/** A hit with its remaining freshness: negative when stale. */
export const hit = (entry: Entry, now: number): string => `hit; ttl=${Math.floor((entry.fresh - now) / 1_000)}`

/** RFC 9110 §13.2.2 for reads: by tag, and by date only without a tag. */
function isUnchanged(asked: Headers, { status, headers }: { status: number; headers: Headers }): boolean {
  if (status !== 200) return false
  const tags = asked['if-none-match']
  if (tags !== undefined) return isNamed(text(tags), tagOf(headers), 'weak')
  return dateOf(headers['last-modified']) <= dateOf(asked['if-modified-since'])
}

export const tagOf = ({ etag }: Headers): string | undefined => (typeof etag === 'string' ? etag : undefined)

/** RFC 9110 §15.4.5. */
const withUnchanged = ['cache-control', 'content-location', 'date', 'etag', 'expires', 'last-modified', 'vary']

function unchanged(headers: Headers, added: Record<string, string>): Reply {
  const kept: Record<string, string | readonly string[]> = added
  for (const name of withUnchanged) if (headers[name] !== undefined) kept[name] = headers[name]
  return { status: 304, headers: kept, body: Body.of('') }
}
