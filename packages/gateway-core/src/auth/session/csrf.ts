import type { Exchange } from '../../exchange.ts'
import { problem, type Problem } from '../../problem.ts'

/**
 * Sent by clients with their requests: a header that no form can set, nor a script of another site without a preflight.
 */
export const csrf = { header: 'X-CSRF', value: '1' } as const

/** The check that a request failed. */
export type CsrfSignal = 'fetch-metadata' | 'origin' | 'header'

/**
 * Refuses cross-site requests that carry the browser's cookies: 403 `csrf-rejected`, whose member `signal` names the
 * failed check. In this order:
 *
 * - `origin`: `Origin` is present and differs from ours, or a WebSocket upgrade has none;
 * - `fetch-metadata`: `Sec-Fetch-Site` names another site or a sibling subdomain; only links may come from there;
 * - `header`: `X-CSRF: 1` is missing. Not needed for GET or HEAD if one of the other two shows that the request is
 *   ours: downloads, images and EventSource cannot set a header.
 */
export function checkCsrf({ method, headers }: Pick<Exchange, 'method' | 'headers'>, origin: string): void {
  const { origin: from, 'sec-fetch-site': site } = headers
  if (from === undefined ? headers.upgrade !== undefined : from !== origin)
    throw csrfRejected('origin', 'Origin is not that of this site')
  const safe = method === 'GET' || method === 'HEAD'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !(safe && isNavigation(headers)))
    throw csrfRejected('fetch-metadata', 'Sec-Fetch-Site says that it comes from another site')
  if (headers['x-csrf'] !== csrf.value && !(safe && (site !== undefined || from !== undefined)))
    throw csrfRejected('header', 'it lacks the header X-CSRF: 1')
}

const isNavigation = (headers: Exchange['headers']): boolean =>
  headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'

export const csrfRejected = (signal: CsrfSignal, why: string): Problem =>
  problem(403, 'csrf-rejected', { detail: `The request was refused: ${why}.`, extra: { signal } })
