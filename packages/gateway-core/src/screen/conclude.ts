import type { IncomingHttpHeaders } from 'node:http'
import type { Composed } from '../exchange.ts'
import { problem } from '../problem.ts'
import { preconditions } from './head/preconditions.ts'
import { entityTag } from './head/entity-tag.ts'
import { unmodifiedHeaders } from './head/unmodified-headers.ts'

export interface Concluded {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Absent: no body. */
  readonly text: string | undefined
}

const type = 'application/json; charset=utf-8'

/**
 * Finishes a response. A read gets a strong tag over its bytes; `If-None-Match` may turn it into 304, `If-Match` into
 * 412 `precondition-failed` (RFC 9110 §13). Runs after the guard, since the tag reveals the content.
 */
export function conclude({ status, headers, body }: Composed, method: string, asked: IncomingHttpHeaders): Concluded {
  if (body === undefined) return { status, headers, text: undefined }
  const text = JSON.stringify(body)
  if (status !== 200 || (method !== 'GET' && method !== 'HEAD'))
    return { status, headers: { ...headers, 'content-type': type }, text }
  const etag = entityTag(text)
  const tagged = { ...headers, etag, 'content-type': type }
  const verdict = preconditions(method, asked, etag)
  if (verdict === 'failed') throw problem(412, 'precondition-failed', { headers: { etag } })
  if (verdict === 'send') return { status, headers: tagged, text }
  return { status: 304, headers: unmodifiedHeaders(tagged), text: undefined }
}
