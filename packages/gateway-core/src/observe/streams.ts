import { Counter, Gauge, type Registry } from 'prom-client'
import { children } from './children.ts'

const caps = ['client', 'route'] as const

export interface StreamSeries {
  readonly opened: (route: string) => void
  readonly closed: (route: string) => void
  readonly refused: (route: string, cap: (typeof caps)[number]) => void
}

/** Streams and long polls per route: open now, and refused, by cap. */
export function streamSeries(
  registry: Registry,
  all: readonly { readonly path: string; readonly made?: { readonly door: string } }[],
): StreamSeries {
  const registers = [registry]
  const opened = new Counter({
    name: 'streams_opened_total',
    help: 'Streams opened.',
    labelNames: ['route'],
    registers,
  })
  const help = 'Streams open or opening now.'
  const open = new Gauge({ name: 'streams_open', help, labelNames: ['route'], registers })
  const refused = new Counter({
    name: 'streams_refused_total',
    help: 'Streams refused because the client or the route had too many open.',
    labelNames: ['route', 'cap'],
    registers,
  })
  const child = children(
    all.map(({ path }) => path),
    (route) => ({
      opened: opened.labels(route),
      open: open.labels(route),
      refused: children(caps, (cap) => refused.labels(route, cap)),
    }),
  )
  for (const { path, made } of all) if (made?.door === 'stream' || made?.door === 'forward') child(path).open.set(0)
  return {
    opened(route) {
      child(route).opened.inc()
      child(route).open.inc()
    },
    closed: (route) => child(route).open.dec(),
    refused: (route, cap) => child(route).refused(cap).inc(),
  }
}
