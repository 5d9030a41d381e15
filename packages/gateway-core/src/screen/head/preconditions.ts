import type { IncomingHttpHeaders } from 'node:http'
import { isNamed } from '../../road/tags.ts'

/** Answer as if nothing had been asked, with 304, or with 412. */
export type Verdict = 'send' | 'not-modified' | 'failed'

/**
 * What the conditions of a request come to (RFC 9110 §13.2.2). `etag`: of what is there; `undefined` when nothing is. There
 * are no dates here, and so what asks by date is not asked (§13.1.3, §13.1.4). Only of what would be a success (§13.2.1). Of
 * a write it must be asked before the work, of the tag of what is there then: afterwards it is too late to refuse.
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
