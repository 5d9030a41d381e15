import { collectDefaultMetrics, Registry } from 'prom-client'

let shared: Registry | undefined

/**
 * Memory, CPU, garbage collection and event loop delay (`nodejs_eventloop_lag_p99_seconds`). Per process, and the
 * collectors cannot be stopped: so they start once, and all apps in it share them.
 */
export function processSeries(): Registry {
  if (shared === undefined) {
    shared = new Registry()
    collectDefaultMetrics({ register: shared })
  }
  return shared
}
