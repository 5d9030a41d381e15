import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'

/** Deliberate misbehaviour of a route. Several may apply at once; `*` is every route. */
export const Fault = z.strictObject({
  /** `GET /products/:id`, or `*`. */
  route: z.string().default('*'),
  /** Milliseconds before anything else happens. */
  latency: z.number().min(0).max(600_000).default(0),
  /** Maximum random addition to `latency`, in milliseconds. */
  jitter: z.number().min(0).max(600_000).default(0),
  /** Share of requests, 0 to 1, answered with `status`. */
  errorRate: z.number().min(0).max(1).default(0),
  status: z.int().min(400).max(599).default(500),
  /** Never respond, cut the connection, or cut it in the middle of the body. */
  mode: z.enum(['hang', 'reset', 'truncate']).optional(),
})
export type Fault = z.infer<typeof Fault>

export interface Faults {
  readonly active: readonly Fault[]
  set(faults: readonly z.input<typeof Fault>[]): void
  clear(): void
}

/** What to do with one request after its latency has passed. */
export type Verdict = 'pass' | 'hang' | 'reset' | 'truncate' | { readonly status: number }

export interface FaultSwitch extends Faults {
  decide(method: string, path: string): Promise<Verdict>
}

export function faultSwitch(random: () => number = Math.random): FaultSwitch {
  let active: readonly Fault[] = []
  return {
    get active() {
      return active
    },
    set(faults) {
      active = faults.map((fault) => Fault.parse(fault))
    },
    clear() {
      active = []
    },
    async decide(method, path) {
      for (const fault of active.filter(({ route }) => matches(route, method, path))) {
        const wait = fault.latency + random() * fault.jitter
        if (wait > 0) await pause(wait, undefined, { ref: false })
        if (fault.mode !== undefined) return fault.mode
        if (random() < fault.errorRate) return { status: fault.status }
      }
      return 'pass'
    },
  }
}

function matches(route: string, method: string, path: string): boolean {
  if (route === '*') return true
  const pattern = route.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replace(/:\w+/g, '[^/]+')
  return new RegExp(`^${pattern}$`).test(`${method} ${path}`)
}
