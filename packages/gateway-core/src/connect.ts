import type { DescService } from '@bufbuild/protobuf'
import type { Logger } from 'pino'
import type { Contract, Key } from './contract.ts'
import { credentialOf, type Mint, type TokenSource } from './credential.ts'
import type { Dispatch } from './edge/dispatch.ts'
import { EnvironmentError } from './env.ts'
import type { ForwardCore } from './forward/forward.ts'
import { type Hub, hub } from './live/hub.ts'
import type { SocketCore } from './live/socket/socket.ts'
import type { LiveCore } from './live/streaming.ts'
import type { Metrics } from './observe/metrics.ts'
import { asked } from './part.ts'
import { complete, type Policies } from './policy.ts'
import type { Asking } from './road/asking.ts'
import { gathered } from './road/gather.ts'
import { client } from './road/client.ts'
import { grpcClient, type Remote } from './road/grpc/client.ts'
import { ask } from './road/grpc/health.ts'
import { connections } from './road/grpc/wire.ts'
import { type Road, road, type RoadOptions, type Wire } from './road/road.ts'
import { secured, type Tls } from './road/tls.ts'
import type { ScreenCore } from './screen/screen.ts'
import { isGrpc, type Sources } from './sources.ts'

const overGrpc: Wire = { open: connections, ask }

/** What a running app provides to its routes. */
export interface Core extends ScreenCore, ForwardCore, LiveCore, SocketCore {
  readonly dispatch: Dispatch
}

/** The opened roads. */
export type Opened = Pick<Core, 'roads' | 'from'> & AsyncDisposable

export interface ConnectOptions {
  readonly counted: Metrics
  readonly log: Logger
  /** Source of the tokens that calls carry. */
  readonly tokens?: { readonly mint: Mint } | undefined
  readonly external?: Readonly<Record<string, TokenSource | undefined>> | undefined
  readonly tls?: Readonly<Record<string, Tls | undefined>> | undefined
}

/**
 * Opens the road to every upstream. It dials nothing before the first call, so a boot never waits for a service. Throws
 * one error that lists every fault of the addresses, the TLS settings and the tokens.
 */
export function connect(
  sources: Sources,
  policies: Policies,
  addresses: Readonly<Record<string, string>>,
  given: ConnectOptions,
): Opened {
  const roads: Record<string, Road> = {}
  const grpc: Record<string, Road> = {}
  const faults: string[] = []
  for (const [name, source] of Object.entries(sources)) {
    const policy = policies[name]!
    const tried = <T>(make: () => T): T | undefined => {
      try {
        return make()
      } catch (error) {
        faults.push(`${name}: ${(error as Error).message}`)
        return undefined
      }
    }
    const { mint } = given.tokens ?? {}
    const credential = tried(() => credentialOf(name, complete(policy), { mint, source: given.external?.[name] }))
    const tls = tried(() => secured(given.tls?.[name]))
    const options = { ...optionsOf(name, given), credential, tls }
    const way = tried(() => road(addresses[name] ?? '', policy, options, isGrpc(source) ? overGrpc : undefined))
    if (way !== undefined) (isGrpc(source) ? grpc : roads)[name] = way
  }
  if (faults.length > 0)
    throw new EnvironmentError(`The upstreams cannot be reached:\n${faults.map((f) => `  - ${f}`).join('\n')}`)
  const hubs = mapValues(roads, (way, name) => hub(name, sources[name] as Contract, way, given))
  const asks = mapValues(roads, (way, name) => http(name, sources[name] as Contract, way, hubs[name]!))
  const remotes = mapValues(grpc, (way, name) => remote(grpcClient(name, sources[name] as DescService, way)))
  return {
    roads,
    from: clients({ ...asks, ...remotes }),
    async [Symbol.asyncDispose]() {
      for (const one of Object.values(hubs)) one[Symbol.dispose]()
      await Promise.all([...Object.values(roads), ...Object.values(grpc)].map((way) => way[Symbol.asyncDispose]()))
    },
  }
}

function optionsOf(name: string, { counted, log }: ConnectOptions) {
  return {
    attempted: counted.call,
    retried: () => counted.retried(name),
    hedged: () => counted.hedged(name),
    cached: (result) => counted.cache(name, result),
    breaker: (state) => {
      counted.breaker(name, state)
      log.warn({ upstream: name, state }, 'breaker')
    },
    address: (url, state, cause) => log.warn({ upstream: name, url, state, err: cause }, 'address'),
  } satisfies RoadOptions
}

type Make = (asking: Asking) => unknown

/** A screen's `from`: clients are created lazily, as most screens use two or three of many. */
function clients(makes: Readonly<Record<string, Make>>): Make {
  class From {
    readonly asking: Asking

    constructor(asking: Asking) {
      this.asking = asking
    }
  }
  for (const [name, make] of Object.entries(makes)) {
    Object.defineProperty(From.prototype, name, {
      get(this: From) {
        return make(this.asking)
      },
    })
  }
  return (asking) => new From(asking)
}

/** A request becomes a part; a feed is read as it arrives. */
function http(upstream: string, contract: Contract, way: Road, { follow }: Hub): Make {
  const send = gathered(upstream, contract, client(upstream, contract, way))
  return (asking) => (key: string, input?: Record<string, unknown>) =>
    contract[key as Key]?.feed === undefined ? asked(() => send(asking, key, input)) : follow(asking, key, input)
}

/** A unary call becomes a part; a streaming one is read as it arrives. */
const remote =
  (calls: Readonly<Record<string, Remote>>): Make =>
  (asking) =>
    mapValues(
      calls,
      ({ answers, call }) =>
        (input: unknown) =>
          answers === 'once' ? asked(() => call(asking, input)) : call(asking, input),
    )

const mapValues = <A, B>(
  object: Readonly<Record<string, A>>,
  change: (value: A, name: string) => B,
): Record<string, B> => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]))
