import type { Contract } from './contract.ts'
import { type App, createApp, type Running } from './app.ts'
import { type Core, connect } from './connect.ts'
import { faultsOfDeprecated } from './edge/deprecation.ts'
import type { Route } from './exchange.ts'
import { forward as forwardRoute, type ForwardSpec } from './forward/forward.ts'
import { metrics } from './observe/metrics.ts'
import type { Estate } from './plan/estate.ts'
import { placeOf } from './place.ts'
import { faultsOf } from './policy-faults.ts'
import type { Policy } from './policy.ts'
import { faultsOfBatches } from './road/gather.ts'
import { batch as batchRoute, type BatchSpec } from './screen/batch.ts'
import { faultsOfExposed } from './screen/head/faults-of-exposed.ts'
import type { Fitting } from './screen/fitting.ts'
import { type Erased, screen as screenRoute, type ScreenSpec } from './screen/screen.ts'
import { isGrpc, type Sources } from './sources.ts'

/** Milliseconds one exchange may take when nothing else is said. */
const defaultBudget = 5_000

/**
 * Declare a gateway: the contract it answers, the sources it stands before, and how to treat each. Throws one error that
 * lists every fault of the policies. What comes back makes routes (`screen`, `forward`) and, of them, an `app`.
 */
export function gateway<const C extends Contract, const S extends Sources>(
  contract: C,
  sources: S,
  policies: { readonly [N in keyof S]: Policy },
  options: { readonly budget?: number } = {},
) {
  const budget = options.budget ?? defaultBudget
  const spoken = protocols(sources)
  const faults = [...faultsOf(policies, spoken, budget), ...faultsOfContracts(contract, sources)]
  if (faults.length > 0)
    throw new TypeError(`The gateway's policies do not fit:\n${faults.map((f) => `  - ${f}`).join('\n')}`)
  return {
    /** What was declared, for whoever explains it. */
    estate: { contract, sources, policies, budget } as Estate,
    screen: <K extends keyof C & string, G extends object, P extends object>(
      key: K,
      spec: ScreenSpec<C, K, S, G, P>,
    ): Fitting<C, K, P, Route<Core>> =>
      ({
        ...screenRoute(contract, key, sound(key, spec as Erased, spoken)),
        place: placeOf(1),
      }) as Route<Core> as Fitting<C, K, P, Route<Core>>,
    forward: (prefix: `/${string}`, upstream: keyof S & string, spec: ForwardSpec): Route<Core> => ({
      ...forwardRoute(prefix, upstream, spec),
      place: placeOf(1),
    }),
    batch: (key: `POST /${string}`, spec: BatchSpec): Route<Core> => ({ ...batchRoute(key, spec), place: placeOf(1) }),
    app: (routes: readonly Route<Core>[], running: Running<keyof S & string>): App => {
      const { limits, log } = running
      const counted = metrics({
        routes,
        upstreams: Object.keys(sources),
        limits: [limits?.address, limits?.user].flatMap((limit) => limit?.name ?? []),
      })
      const core = connect(sources, policies, running.upstreams, { counted, log })
      return createApp(core, routes, { ...running, budget, counted })
    },
  }
}

const faultsOfContracts = (contract: Contract, sources: Sources): string[] => [
  ...Object.entries(contract).flatMap(([key, { deprecated }]) =>
    deprecated === undefined ? [] : faultsOfDeprecated(deprecated).map((fault) => `${key}: deprecated: ${fault}`),
  ),
  ...Object.entries(sources).flatMap(([name, source]) => (isGrpc(source) ? [] : faultsOfBatches(name, source))),
]

function sound(key: string, spec: Erased, spoken: Readonly<Record<string, 'http' | 'grpc'>>): Erased {
  const faults = faultsOfExposed(spec.expose ?? {}, spoken)
  if (faults.length > 0) throw new TypeError(faults.map((fault) => `${key}: ${fault}`).join('\n'))
  return spec
}

const protocols = (sources: Sources): Record<string, 'http' | 'grpc'> =>
  Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, isGrpc(source) ? 'grpc' : 'http']))
