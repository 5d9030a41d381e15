import { Counter, type Registry } from 'prom-client'
import { plain } from '../plain.ts'

/** Pairs of client and version per route; further ones count as `other`, because clients choose the version freely. */
const most = 50

/** Requests to deprecated operations, by client: without any, the route can be removed. */
export function deprecatedSeries(registry: Registry) {
  const counts = new Counter({
    name: 'deprecated_requests_total',
    help: 'Requests to deprecated routes, by OAuth client and app version.',
    labelNames: ['route', 'client', 'version'],
    registers: [registry],
  })
  const known = new Map<string, Set<string>>()
  return (route: string, client = 'unknown', said: unknown = 'unknown'): void => {
    const version = said === 'unknown' ? said : (/^\d{1,5}\.\d{1,5}\.\d{1,5}/.exec(String(said))?.[0] ?? 'other')
    const labels = { client: plain(client, 64), version }
    const pairs = known.get(route) ?? new Set()
    known.set(route, pairs)
    const pair = JSON.stringify(labels)
    if (pairs.size >= most && !pairs.has(pair)) return counts.inc({ route, client: 'other', version: 'other' })
    pairs.add(pair)
    counts.inc({ route, ...labels })
  }
}
