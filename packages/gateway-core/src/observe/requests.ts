import { Gauge, type Registry } from 'prom-client'
import { children } from './children.ts'
import { histogram } from './histogram.ts'

/** First digit of a status → its label. */
const classes = ['other', '1xx', '2xx', '3xx', '4xx', '5xx'] as const

/**
 * Requests by route, method and status class. All unmatched requests share one series, because clients choose their
 * path and method.
 */
export function requestSeries(
  registry: Registry,
  routes: readonly { readonly path: string; readonly methods: readonly string[] }[],
) {
  const help = 'Duration of requests until the last byte of the response. Streams are not included.'
  const requests = histogram(registry, 'http_server_requests_seconds', help)
  let inFlight = 0
  // Computed on collection; it registers itself.
  void new Gauge({
    name: 'http_server_requests_in_flight',
    help: 'Requests without a complete response.',
    registers: [registry],
    collect() {
      this.set(inFlight)
    },
  })
  const methods = methodsOf(routes)
  const child = children([...methods.keys()], (route) =>
    children(methods.get(route) ?? [], (method) => classes.map((status) => requests({ route, method, status }))),
  )
  return {
    began: (): void => void inFlight++,
    ended(route: string | undefined, method: string, status: number, ms?: number): void {
      inFlight--
      if (ms === undefined) return
      const byStatus = child(route ?? 'other')(method)
      const took = byStatus[Math.trunc(status / 100)] ?? byStatus[0]!
      took(ms)
    },
  }
}

/** Routes may share a path, and GET routes answer HEAD. */
function methodsOf(routes: readonly { readonly path: string; readonly methods: readonly string[] }[]) {
  const found = new Map<string, string[]>()
  for (const { path, methods } of routes) {
    const head = methods.includes('GET') ? ['HEAD'] : []
    found.set(path, [...new Set([...(found.get(path) ?? []), ...methods, ...head])])
  }
  return found
}
