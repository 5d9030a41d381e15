import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import type { Contract, Numbered, Once, Polled, Schema, Streaming } from './contract.ts'
import { type App, createApp, type Limits, type Running } from './app.ts'
import { type Core, connect } from './connect.ts'
import { faultsOfDeprecated } from './edge/deprecation.ts'
import type { Route } from './exchange.ts'
import { serializers } from './logger.ts'
import { forward as forwardRoute, type ForwardSpec } from './forward/forward.ts'
import { poll as pollRoute, type PollSpec } from './live/poll.ts'
import { socket as socketRoute, type SocketSpec } from './live/socket/socket.ts'
import { ticket as ticketRoute, type TicketSpec } from './live/socket/ticket.ts'
import { live as liveRoute, type LiveSpec } from './live/live.ts'
import { stream as streamRoute, type StreamSpec } from './live/stream.ts'
import { metrics } from './observe/metrics.ts'
import type { Estate } from './plan/estate.ts'
import { placeOf } from './place.ts'
import { faultsOf } from './policy-faults.ts'
import type { Policies, Policy } from './policy.ts'
import { faultsOfBatches } from './road/gather.ts'
import { batch as batchRoute, type BatchSpec } from './screen/batch.ts'
import { faultsOfExposed } from './screen/head/faults-of-exposed.ts'
import type { Fitting } from './screen/fitting.ts'
import { type Erased, screen as screenRoute, type ScreenSpec } from './screen/screen.ts'
import { isGrpc, type Sources } from './sources.ts'

/** Default time limit of one exchange in milliseconds. */
const defaultBudget = 5_000

/**
 * Declares a gateway: its contract, its upstreams, and how to treat each. Throws one error that lists every fault of
 * the policies. The result makes routes (`screen`, `forward`) and, from them, an `app`.
 */
export function gateway<const C extends Contract, const S extends Sources>(
  contract: C,
  sources: S,
  policies: { readonly [N in keyof S]: Policy },
  options: { readonly budget?: number } = {},
) {
  const budget = options.budget ?? defaultBudget
  const spoken = protocols(sources)
  throwFaults([...faultsOf(policies, spoken, budget), ...faultsOfContracts(contract, sources, policies)])
  return {
    /** The declaration, for plans and audits. */
    estate: { contract, sources, policies, budget } as Estate,
    screen: <K extends Exclude<Once<C>, Polled<C>>, G extends object, P extends object>(
      key: K,
      spec: ScreenSpec<C, K, S, G, P>,
    ): Fitting<C, K, P, Route<Core>> =>
      placed(screenRoute(contract, key, checkExposed(key, spec as Erased, spoken))) as Fitting<C, K, P, Route<Core>>,
    stream: <K extends Streaming<C>, G extends object, T>(key: K, spec: StreamSpec<C, K, S, G, T>): Route<Core> =>
      placed(streamRoute(contract, key, spec)),
    socket: <G extends object, P extends string, T, O extends Schema>(
      path: `/${string}`,
      spec: SocketSpec<S, G, P, T, O>,
    ): Route<Core> => placed(socketRoute(path, spec)),
    poll: <K extends Polled<C>, G extends object, T>(key: K, spec: PollSpec<C, K, S, G, T>): Route<Core> =>
      placed(pollRoute(contract, key, spec)),
    ticket: (key: `POST /${string}`, spec: TicketSpec): Route<Core> => placed(ticketRoute(key, spec)),
    live: <K extends Numbered<C>, G extends object, T>(key: K, spec: LiveSpec<C, K, S, G, T>): Route<Core> =>
      placed(liveRoute(contract, key, spec)),
    forward: (prefix: `/${string}`, upstream: keyof S & string, spec: ForwardSpec): Route<Core> =>
      placed(forwardRoute(prefix, upstream, spec)),
    batch: (key: `POST /${string}`, spec: BatchSpec): Route<Core> => placed(batchRoute(key, spec)),
    app: (routes: readonly Route<Core>[], running: Running<keyof S & string>): App => {
      const counted = metrics({ routes, upstreams: Object.keys(sources), limits: namesOf(running.limits) })
      const told = { ...running, counted, log: running.log.child({}, { serializers }) }
      return createApp(connect(sources, policies, running.upstreams, told), routes, { ...told, budget })
    },
  }
}

function throwFaults(faults: readonly string[]): void {
  if (faults.length > 0)
    throw new TypeError(`The gateway's policies are invalid:\n${faults.map((f) => `  - ${f}`).join('\n')}`)
}

const namesOf = (limits?: Limits): string[] => [limits?.address, limits?.user].flatMap((limit) => limit?.name ?? [])

/** Adds the place where an app created the route. */
const placed = (route: Route<Core>): Route<Core> => ({ ...route, place: placeOf(2) })

/** Methods named in a policy must exist, and their `.proto` must not set the idempotency already. */
const faultsOfIdempotency = (sources: Sources, policies: Policies): string[] =>
  Object.entries(sources).flatMap(([name, source]) => {
    if (!isGrpc(source)) return []
    return Object.keys(policies[name]?.idempotency ?? {}).flatMap((method) => {
      const found = source.method[method]
      if (found === undefined) return [`${name}: idempotency: unknown method "${method}"`]
      const said = found.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN
      return said ? [`${name}: idempotency: the .proto of "${method}" already declares it`] : []
    })
  })

const faultsOfContracts = (contract: Contract, sources: Sources, policies: Policies): string[] => [
  ...faultsOfIdempotency(sources, policies),
  ...Object.entries(contract).flatMap(([key, { deprecated }]) =>
    deprecated === undefined ? [] : faultsOfDeprecated(deprecated).map((fault) => `${key}: deprecated: ${fault}`),
  ),
  ...Object.entries(sources).flatMap(([name, source]) => (isGrpc(source) ? [] : faultsOfBatches(name, source))),
]

function checkExposed(key: string, spec: Erased, spoken: Readonly<Record<string, 'http' | 'grpc'>>): Erased {
  const faults = faultsOfExposed(spec.expose ?? {}, spoken)
  if (faults.length > 0) throw new TypeError(faults.map((fault) => `${key}: ${fault}`).join('\n'))
  return spec
}

const protocols = (sources: Sources): Record<string, 'http' | 'grpc'> =>
  Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, isGrpc(source) ? 'grpc' : 'http']))
