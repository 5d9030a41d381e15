import type { Credential } from '../credential.ts'
import { complete, type FullPolicy, type Policy, type ProbePolicy } from '../policy.ts'
import { ask } from './ask.ts'
import { type Balancer, balancer } from './balance/balancer.ts'
import type { InstanceConnections } from './balance/instance.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import { RetryBudget } from './budget.ts'
import { type Filter, pipe, type Service } from './call.ts'
import { type Address, type Endpoint, endpointOf } from './discover/address.ts'
import { parseAddresses } from './discover/addresses.ts'
import { resolver } from './discover/resolver.ts'
import { breaker } from './filters/breaker.ts'
import { bulkhead } from './filters/bulkhead.ts'
import { cache } from './filters/cache.ts'
import { coalesce } from './filters/coalesce.ts'
import { deadline } from './filters/deadline.ts'
import { hedge } from './filters/hedge.ts'
import { onward } from './filters/onward.ts'
import { type Attempted, type CacheResult, cacheReport, report } from './filters/report.ts'
import { retry } from './filters/retry.ts'
import { shadow } from './filters/shadow.ts'
import { connections } from './pool.ts'
import type { Secured } from './tls.ts'

export interface RoadOptions {
  /** Called for each attempt. Like the others, it must not throw. */
  readonly attempted?: Attempted
  /** A call is retried. */
  readonly retried?: () => void
  /** A hedged attempt is sent. */
  readonly hedged?: () => void
  readonly breaker?: (state: BreakerState) => void
  /** The cache's result. */
  readonly cached?: (result: CacheResult) => void
  /** Credentials for the upstream. Absent: none. See `credentialOf`. */
  readonly credential?: Credential | undefined
  /** TLS settings; if set, all addresses must be https. Absent: Node's defaults. */
  readonly tls?: Secured | undefined
  /** An address became `ejected` or `unwell`, is `well` again, or a name is `unresolved`, with `cause`. */
  readonly address?: (url: string, state: string, cause?: unknown) => void
}

export interface Road extends AsyncDisposable {
  readonly policy: FullPolicy
  /** Current addresses, of every arm. */
  readonly addresses: readonly Address[]
  /** How to connect to an address. */
  readonly endpointOf: (address: Address) => Endpoint
  readonly send: Service
  /** For WebSocket calls: the same bulkhead, breaker and instances; never cached, shared or retried. */
  readonly upgrade: Service
  /** For calls outside of both. */
  readonly credential: Credential | undefined
}

/** The protocol at the end of a road. */
export interface Wire {
  readonly open: (endpoint: Endpoint, policy: FullPolicy) => InstanceConnections
  /** Whether an instance reports itself healthy. A rejection counts as no. */
  readonly ask: (probe: Required<ProbePolicy>) => (endpoint: Endpoint) => Promise<boolean>
}

const http: Wire = { open: connections, ask }

/**
 * The only way to an upstream: its policy as filters, outermost first, in front of its instances. A filter absent from
 * the policy costs nothing. `addresses` is the upstream's variable, see `parseAddresses`, which throws.
 */
export function road(addresses: string, given: Policy, options: RoadOptions = {}, wire: Wire = http): Road {
  const { address: addressChanged = () => undefined } = options
  const policy = complete(given)
  const { tls } = options
  const targets = parseAddresses(addresses, tls !== undefined)
  const reach = (address: Address) => endpointOf(address, tls)
  const found = resolver(targets, { failed: (name, error) => addressChanged(name, 'unresolved', error) })
  const isWell = policy.probe === false ? undefined : wire.ask(policy.probe)
  const instances = balancer(found, policy, {
    open: (address) => wire.open(reach(address), policy),
    ask: isWell && ((address) => isWell(reach(address))),
    changed: ({ address, state }) => addressChanged(address.url, state),
  })
  const shared = sharedBy(policy, options)
  const { breaker: spared, seats, attempts, last } = shared
  return {
    policy,
    get addresses() {
      return instances.instances.map(({ address }) => address)
    },
    endpointOf: reach,
    send: pipe(filters(policy, targets[0]!.url, instances, options, shared), instances.send),
    upgrade: pipe(present([seats, spared, attempts, last]), instances.send),
    credential: options.credential,
    async [Symbol.asyncDispose]() {
      await instances[Symbol.asyncDispose]()
      await found[Symbol.asyncDispose]()
    },
  }
}

/** Filters shared by all calls to an upstream, so that limits and breaker cover them together. */
interface Shared {
  readonly seats: Filter
  readonly breaker: Filter | false
  readonly attempts: Filter | undefined
  readonly last: Filter
}

const sharedBy = (policy: FullPolicy, { attempted, breaker: turned, credential }: RoadOptions): Shared => ({
  seats: bulkhead(policy.bulkhead),
  breaker: policy.breaker && breaker(new Breaker(policy.breaker, turned)),
  attempts: attempted && report(attempted),
  last: onward(credential),
})

function filters(
  policy: FullPolicy,
  address: string,
  instances: Balancer,
  options: RoadOptions,
  shared: Shared,
): Filter[] {
  const { token, timeout } = policy
  const budget = new RetryBudget(policy.retryBudget)
  const copies = policy.shadow > 0 ? instances.to('shadow') : undefined
  return present([
    policy.cache && options.cached && cacheReport(options.cached),
    policy.cache && cache({ ...policy.cache, token, timeout, address }),
    policy.coalesce && coalesce(token, policy.maxBytes),
    deadline(timeout, policy.streamTimeout),
    copies && shadow(policy.shadow, pipe([shared.last], copies)),
    shared.seats,
    retry(policy, budget, Math.random, options.retried),
    policy.hedge && hedge(policy.hedge, options.hedged === undefined ? budget : budget.purse(options.hedged)),
    shared.breaker,
    shared.attempts,
    shared.last,
  ])
}

const present = (all: readonly (Filter | false | undefined)[]): Filter[] =>
  all.filter((filter) => typeof filter === 'function')
