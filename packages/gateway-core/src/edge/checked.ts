import type { IncomingMessage } from 'node:http'
import { headFault } from './head-limits.ts'
import { hosts } from './hosts.ts'
import { refusal } from './refuse.ts'
import { type RequestTarget, target } from './target.ts'

/** Methods answered by a route or with 405. QUERY is recognised but never offered. */
const known = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])

/** `Allow` of a 405 that is independent of the path. */
export const allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

/** From node's parser, which accepts ambiguous input. */
export type Head = Pick<
  IncomingMessage,
  'httpVersion' | 'httpVersionMinor' | 'method' | 'url' | 'rawHeaders' | 'headers'
>

export interface CheckOptions {
  /** Host names of this gateway, see `hosts`. Default: any. */
  readonly hosts?: readonly string[] | undefined
}

/**
 * Builds the check every request passes before routing. It returns the target or throws a `Problem` that closes the
 * connection: version 505, method 501 or 405, head 400, 417, 431 or 501, host 400 or 421, target 400 or 414.
 */
export function checks(options: CheckOptions = {}): (head: Head) => RequestTarget {
  const known = hosts(options.hosts ?? [])
  const any = (options.hosts ?? []).length === 0
  return (head) => {
    const { headers, httpVersion, url = '' } = head
    if (httpVersion !== '1.1' && httpVersion !== '1.0')
      throw refusal(505, 'version-not-supported', 'Only HTTP/1.1 and HTTP/1.0 are supported.')
    checkMethod(head)
    const fault = headFault(head)
    if (fault !== undefined) throw fault
    const { host } = headers
    // HTTP/1.0 has no Host; its absence matters only where hosts are restricted.
    if (host === undefined && httpVersion === '1.0' && any) return target(url, '')
    if (host === undefined) throw refusal(400, 'malformed-host', 'The Host header is missing.')
    const verdict = known(host)
    if (verdict === 'malformed') throw refusal(400, 'malformed-host', 'The Host header is not a valid host name.')
    if (verdict === 'unknown') throw refusal(421, 'misdirected', 'This server does not serve the requested host.')
    return target(url, host)
  }
}

function checkMethod({ method = '', headers }: Head): void {
  if (method === 'TRACE' || method === 'CONNECT') throw refusal(405, 'method-not-allowed', undefined, { allow })
  if (!known.has(method)) throw refusal(501, 'method-unknown')
  if (method !== 'GET' && method !== 'HEAD') return
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)
    throw refusal(400, 'unexpected-body', `${method} takes no body.`)
}
