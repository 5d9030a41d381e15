import type { Exchange } from '../exchange.ts'
import { problem } from '../problem.ts'

/** What a client must send with every unsafe request: a header that no form can set. */
export const csrf = { header: 'X-CSRF', value: '1' } as const

/**
 * Refuses what another site makes a browser send along with its cookies: 403 `csrf-rejected`, whose detail names the
 * signal. `Origin` must be our own where it is present. A safe method from elsewhere passes only as a top-level
 * navigation (a link); an unsafe one never does, and needs the header as well. A sibling subdomain is elsewhere.
 */
export function checkCsrf({ method, headers }: Pick<Exchange, 'method' | 'headers'>, origin: string): void {
  if (headers.origin !== undefined && headers.origin !== origin) throw rejected('Origin is not that of this site')
  const safe = method === 'GET' || method === 'HEAD'
  const site = headers['sec-fetch-site'] ?? 'none'
  if (site !== 'same-origin' && site !== 'none' && !(safe && isNavigation(headers))) {
    throw rejected('Sec-Fetch-Site says that it comes from another site')
  }
  if (!safe && headers['x-csrf'] !== csrf.value) throw rejected('it lacks the header X-CSRF: 1')
}

const isNavigation = (headers: Exchange['headers']): boolean =>
  headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'

const rejected = (why: string) => problem(403, 'csrf-rejected', { detail: `The request was refused: ${why}.` })
