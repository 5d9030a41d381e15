import { Counter, Gauge, type Registry } from 'prom-client'
import { children } from './children.ts'

const ends = ['client', 'upstream', 'idle', 'draining', 'ended'] as const

export interface SocketSeries {
  readonly opened: (route: string) => void
  readonly closed: (route: string, why: (typeof ends)[number]) => void
}

/** Sockets per route: opened, open now, and closed, by cause. */
export function socketSeries(
  registry: Registry,
  all: readonly { readonly path: string; readonly bindUpgrade?: unknown }[],
): SocketSeries {
  const registers = [registry]
  const routes = [...new Set(all.flatMap(({ path, bindUpgrade }) => (bindUpgrade === undefined ? [] : path)))]
  if (routes.length === 0) return { opened: () => undefined, closed: () => undefined }
  const labelNames = ['route']
  const opened = new Counter({ name: 'sockets_opened_total', help: 'Sockets opened.', labelNames, registers })
  const open = new Gauge({ name: 'sockets_open', help: 'Sockets open now.', labelNames, registers })
  const closed = new Counter({
    name: 'sockets_closed_total',
    help: 'Sockets closed: by the client or the upstream, when idle, at a stop, or because the credential that opened them ended.',
    labelNames: ['route', 'by'],
    registers,
  })
  const child = children(routes, (route) => ({
    opened: opened.labels(route),
    open: open.labels(route),
    closed: children(ends, (why) => closed.labels(route, why)),
  }))
  for (const route of routes) {
    child(route).opened.inc(0)
    child(route).open.set(0)
  }
  return {
    opened(route) {
      child(route).opened.inc()
      child(route).open.inc()
    },
    closed(route, why) {
      child(route).open.dec()
      child(route).closed(why).inc()
    },
  }
}
