import { collectDefaultMetrics, Registry } from 'prom-client'

let shared: Registry | undefined

/**
 * Memory, CPU, garbage collection and event loop delay (`nodejs_eventloop_lag_p99_seconds`). There is one process however many
 * apps are in it, and what watches it cannot be stopped: so this is begun once, and every app tells of it.
 */
export function processSeries(): Registry {
  if (shared === undefined) {
    shared = new Registry()
    collectDefaultMetrics({ register: shared })
  }
  return shared
}
