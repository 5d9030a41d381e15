import type { Problem } from '../problem.ts'
import { canonical, maxLength } from './path.ts'
import { refusal } from './refuse.ts'

export interface Target {
  /** Canonical. */
  readonly path: string
  /** With its `?`, or empty. As it was sent. */
  readonly search: string
}

/**
 * What a request asks for (RFC 9112 §3.2). The absolute form is taken for the same host as the Host field names, as proxies
 * send it; all else but the origin form is refused. Throws: 414 past 8 KiB, 400 for what has no one reading.
 */
export function target(url: string, host: string): Target {
  if (url.length > maxLength) throw refusal(414, 'target-too-long', `At most ${maxLength} bytes.`)
  const origin = url.startsWith('/') ? url : reduced(url, host)
  const mark = origin.indexOf('?')
  const path = canonical(mark < 0 ? origin : origin.slice(0, mark))
  if (path === undefined) throw invalid('The path is not in its canonical form.')
  if (mark < 0) return { path, search: '' }
  const search = origin.slice(mark)
  if (!/^[\x21\x22\x24-\x7e]*$/.test(search)) throw invalid('The query has characters that must be escaped.')
  return { path, search }
}

/** `http://host/path` as `/path`. */
function reduced(url: string, host: string): string {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? []
  if (authority === undefined || authority === '' || authority.toLowerCase() !== host.toLowerCase())
    throw invalid('The request target is not a path.')
  return rest.startsWith('/') ? rest : `/${rest}`
}

const invalid = (detail: string): Problem => refusal(400, 'invalid-path', detail)
