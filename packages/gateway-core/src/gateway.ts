import express from 'express'
import helmet from 'helmet'
import type { Logger } from 'pino'
import type { Contract } from './contract.ts'
import { accessLog } from './edge/access-log.ts'
import { answer } from './edge/answer.ts'
import { everyAnswer, headersOf } from './edge/every-answer.ts'
import { notFound, problems } from './edge/problems.ts'
import type { Authenticate, Exchange, Route } from './exchange.ts'
import { forward as forwardRoute, type ForwardCore, type ForwardSpec } from './forward/forward.ts'
import type { Policies, Policy } from './policy.ts'
import { faultsOf } from './policy-faults.ts'
import { client, type Send } from './road/client.ts'
import { type GrpcRoad, grpcRoad } from './road/grpc.ts'
import { type Road, road } from './road/road.ts'
import type { Scope } from './scope.ts'
import { part } from './screen/part.ts'
import { type Fitting, screen as screenRoute, type ScreenCore, type ScreenSpec } from './screen/screen.ts'
import { isGrpc, type Sources } from './sources.ts'

export interface Core extends ScreenCore, ForwardCore {}

export interface Running<S extends Sources> {
  /** Address of every upstream, from the environment. */
  readonly upstreams: Readonly<Record<keyof S, string>>
  /** How this BFF's clients prove who they are. */
  readonly authenticate: Authenticate
  readonly log: Logger
  /** Answers a GET that no route knows. Absent: 404. */
  readonly fallback?: express.RequestHandler
}

/** An Express app; disposing it closes its connections to the upstreams. */
export interface App extends AsyncDisposable {
  readonly handler: express.Express
}

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
  const faults = faultsOf(policies, protocols(sources), budget)
  if (faults.length > 0)
    throw new TypeError(`The gateway's policies do not fit:\n${faults.map((f) => `  - ${f}`).join('\n')}`)
  return {
    screen: <K extends keyof C & string, G extends object, P extends object>(
      key: K,
      spec: ScreenSpec<C, K, S, G, P>,
    ): Fitting<C, K, P, Route<Core>> => screenRoute(contract, key, spec) as Fitting<C, K, P, Route<Core>>,
    forward: (prefix: `/${string}`, upstream: keyof S & string, spec: ForwardSpec): Route<Core> =>
      forwardRoute(prefix, upstream, spec),
    app: (routes: readonly Route<Core>[], running: Running<S>): App =>
      createApp(connect(sources, policies, running.upstreams), routes, { ...running, budget }),
  }
}

/** Open the road to every upstream. Nothing is dialled before the first call, so a boot never waits for a service. */
function connect(
  sources: Sources,
  policies: Policies,
  addresses: Readonly<Record<string, string>>,
): Core & AsyncDisposable {
  const roads: Record<string, Road> = {}
  const sends: Record<string, Send> = {}
  const grpc: Record<string, GrpcRoad> = {}
  for (const [name, source] of Object.entries(sources)) {
    const address = addresses[name]!
    if (isGrpc(source)) {
      grpc[name] = grpcRoad(name, source, address, policies[name]!)
      continue
    }
    const way = road(address, policies[name]!)
    roads[name] = way
    sends[name] = client(name, source, way)
  }
  const from = clients({
    ...mapValues(
      sends,
      (send) => (exchange: Exchange, scope: Scope) => (key: string, input?: Record<string, unknown>) =>
        part(send(exchange, scope, key, input)),
    ),
    ...mapValues(
      grpc,
      (way) => (exchange: Exchange, scope: Scope) =>
        mapValues(way.calls(exchange, scope.signal), (call) => (input: unknown) => part(call(input))),
    ),
  })
  return {
    roads,
    from,
    async [Symbol.asyncDispose]() {
      await Promise.all([...Object.values(roads), ...Object.values(grpc)].map((way) => way[Symbol.asyncDispose]()))
    },
  }
}

type Make = (exchange: Exchange, scope: Scope) => unknown

/** `from` of one exchange: a client is made when a screen asks for it, and most screens ask for two or three of many. */
function clients(makes: Readonly<Record<string, Make>>): Make {
  class From {
    readonly exchange: Exchange
    readonly scope: Scope

    constructor(exchange: Exchange, scope: Scope) {
      this.exchange = exchange
      this.scope = scope
    }
  }
  for (const [name, make] of Object.entries(makes)) {
    Object.defineProperty(From.prototype, name, {
      get(this: From) {
        return make(this.exchange, this.scope)
      },
    })
  }
  return (exchange, scope) => new From(exchange, scope)
}

function createApp(
  core: Core & AsyncDisposable,
  routes: readonly Route<Core>[],
  running: { authenticate: Authenticate; log: Logger; budget: number; fallback?: express.RequestHandler },
): App {
  const bound = routes.map((route) => ({ route, handle: route.bind(core) }))
  const handler = express()
  handler.disable('x-powered-by')
  handler.disable('etag')
  everyAnswer(handler, headersOf(helmet({ contentSecurityPolicy })))
  handler.use(accessLog(running.log))
  handler.use(answer(bound, running))
  if (running.fallback !== undefined) handler.use(running.fallback)
  handler.use(notFound, problems)
  return { handler, [Symbol.asyncDispose]: () => core[Symbol.asyncDispose]() }
}

/** For problems and JSON it forbids all that matters; for a client's files it is what they must get by with. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    baseUri: ["'none'"],
    objectSrc: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
}

const protocols = (sources: Sources): Record<string, 'http' | 'grpc'> =>
  mapValues(sources, (source) => (isGrpc(source) ? 'grpc' : 'http'))

const mapValues = <A, B>(object: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]))
