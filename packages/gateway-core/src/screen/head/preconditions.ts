import type { IncomingHttpHeaders } from 'node:http'
import { isNamed } from '../../road/tags.ts'

/** Answer normally, with 304, or with 412. */
export type Verdict = 'send' | 'not-modified' | 'failed'

/**
 * Evaluates the preconditions of a request (RFC 9110 §13.2.2). `etag`: of the current representation; `undefined` if
 * none exists. There are no dates here, so conditions by date are ignored (§13.1.3, §13.1.4). Only for would-be
 * successes (§13.2.1). For a write, evaluate before the work, with the tag of the current state: afterwards it is too
 * late to refuse.
 */
export function preconditions(
  method: string,
  headers: Readonly<Pick<IncomingHttpHeaders, 'if-match' | 'if-none-match'>>,
  etag: string | undefined,
): Verdict {
  const match = headers['if-match']
  if (match !== undefined && !holds(match, etag, 'strong')) return 'failed'
  const noneMatch = headers['if-none-match']
  if (noneMatch === undefined || !holds(noneMatch, etag, 'weak')) return 'send'
  return method === 'GET' || method === 'HEAD' ? 'not-modified' : 'failed'
}

const holds = (list: string, etag: string | undefined, how: 'strong' | 'weak'): boolean =>
  etag !== undefined && isNamed(list, etag, how)
