import type { Exchange } from '../../exchange.ts'
import { problem, type Problem } from '../../problem.ts'

/** What a client sends with its requests: a header that no form can set, nor a script of another site without asking first. */
export const csrf = { header: 'X-CSRF', value: '1' } as const

/** What spoke against a request. */
export type CsrfSignal = 'fetch-metadata' | 'origin' | 'header'

/**
 * Refuses what another site makes a browser send along with its cookies: 403 `csrf-rejected`, whose member `signal` names
 * what spoke against it. In this order:
 *
 * - `origin`: `Origin` is there and is not exactly our own, or a WebSocket asks to open without one;
 * - `fetch-metadata`: `Sec-Fetch-Site` names another site, a sibling subdomain among them. Only a link may come from there;
 * - `header`: `X-CSRF: 1` is missing. A GET or HEAD does without where the browser itself has said by one of the other two
 *   that it is ours: downloads, images and EventSource cannot set a header.
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
