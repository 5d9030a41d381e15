import type { Problem } from '../problem.ts'
import { canonical, maxLength } from './path.ts'
import { refusal } from './refuse.ts'

export interface RequestTarget {
  /** Canonical. */
  readonly path: string
  /** With its `?`, or empty; as sent. */
  readonly search: string
}

/**
 * Parses the request target (RFC 9112 §3.2). The absolute form, as proxies send it, must name the same host as the Host
 * header; only it and the origin form are accepted. Throws 414 past 8 KiB, 400 for an ambiguous path.
 */
export function target(url: string, host: string): RequestTarget {
  if (url.length > maxLength) throw refusal(414, 'target-too-long', `At most ${maxLength} bytes.`)
  const origin = url.startsWith('/') ? url : originForm(url, host)
  const mark = origin.indexOf('?')
  const path = canonical(mark < 0 ? origin : origin.slice(0, mark))
  if (path === undefined) throw invalid('The path is not in its canonical form.')
  if (mark < 0) return { path, search: '' }
  const search = origin.slice(mark)
  if (!/^[\x21\x22\x24-\x7e]*$/.test(search)) throw invalid('The query has characters that must be escaped.')
  return { path, search }
}

/** `http://host/path` as `/path`. */
function originForm(url: string, host: string): string {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? []
  if (authority === undefined || authority === '' || authority.toLowerCase() !== host.toLowerCase())
    throw invalid('The request target is not a path.')
  return rest.startsWith('/') ? rest : `/${rest}`
}

const invalid = (detail: string): Problem => refusal(400, 'invalid-path', detail)
