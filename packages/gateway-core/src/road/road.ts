import type { Credential } from '../credential.ts'
import { complete, type FullPolicy, type Policy, type ProbePolicy } from '../policy.ts'
import { ask } from './ask.ts'
import { type Balancer, balancer } from './balance/balancer.ts'
import type { Connections } from './balance/instance.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import { Budget } from './budget.ts'
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
  /** Told of each attempt. Like the others, it must not throw. */
  readonly attempted?: Attempted
  /** A call is tried once more. */
  readonly retried?: () => void
  /** A second address is asked beside the first. */
  readonly hedged?: () => void
  readonly breaker?: (state: BreakerState) => void
  /** What came of asking the cache. */
  readonly cached?: (result: CacheResult) => void
  /** What the upstream is shown. Absent: nothing. See `credentialOf`. */
  readonly credential?: Credential | undefined
  /** How TLS is spoken to it: then all of its addresses must be https. Absent: as Node does. */
  readonly tls?: Secured | undefined
  /** An address was left out (`ejected`, `unwell`), is `well` again, or a name is `unresolved`, of which `cause` says more. */
  readonly address?: (url: string, state: string, cause?: unknown) => void
}

export interface Road extends AsyncDisposable {
  readonly policy: FullPolicy
  /** Where it leads now, of every arm. */
  readonly addresses: readonly Address[]
  /** How to connect to one of them. */
  readonly endpointOf: (address: Address) => Endpoint
  readonly send: Service
  /** For calls that ask for a WebSocket: the same places, breaker and instances; never kept, shared, or asked twice. */
  readonly upgrade: Service
  /** For what goes by none of them. */
  readonly credential: Credential | undefined
}

/** What is at the end of a road: a protocol. */
export interface Wire {
  readonly open: (endpoint: Endpoint, policy: FullPolicy) => Connections
  /** Whether one says that it is well. A rejection is a no. */
  readonly ask: (probe: Required<ProbePolicy>) => (endpoint: Endpoint) => Promise<boolean>
}

const http: Wire = { open: connections, ask }

/**
 * The one way to an upstream, for both doors: its policy as filters, outermost first, onto its instances. A filter that the
 * policy leaves out costs nothing. `addresses` is the upstream's variable, see `parseAddresses`, which throws.
 */
export function road(addresses: string, given: Policy, options: RoadOptions = {}, wire: Wire = http): Road {
  const { address: told = () => undefined } = options
  const policy = complete(given)
  const { tls } = options
  const targets = parseAddresses(addresses, tls !== undefined)
  const reach = (address: Address) => endpointOf(address, tls)
  const found = resolver(targets, { failed: (name, error) => told(name, 'unresolved', error) })
  const isWell = policy.probe === false ? undefined : wire.ask(policy.probe)
  const instances = balancer(found, policy, {
    open: (address) => wire.open(reach(address), policy),
    ask: isWell && ((address) => isWell(reach(address))),
    changed: ({ address, state }) => told(address.url, state),
  })
  const shared = sharedBy(policy, options)
  const { breaker: spared, seats, told: tell, last } = shared
  return {
    policy,
    get addresses() {
      return instances.instances.map(({ address }) => address)
    },
    endpointOf: reach,
    send: pipe(filters(policy, targets[0]!.url, instances, options, shared), instances.send),
    upgrade: pipe(present([seats, spared, tell, last]), instances.send),
    credential: options.credential,
    async [Symbol.asyncDispose]() {
      await instances[Symbol.asyncDispose]()
      await found[Symbol.asyncDispose]()
    },
  }
}

/** What counts for all that goes to an upstream: its places, and whether it is well. */
interface Shared {
  readonly seats: Filter
  readonly breaker: Filter | false
  readonly told: Filter | undefined
  readonly last: Filter
}

const sharedBy = (policy: FullPolicy, { attempted, breaker: turned, credential }: RoadOptions): Shared => ({
  seats: bulkhead(policy.bulkhead),
  breaker: policy.breaker && breaker(new Breaker(policy.breaker, turned)),
  told: attempted && report(attempted),
  last: onward(credential),
})

function filters(
  policy: FullPolicy,
  address: string,
  instances: Balancer,
  told: RoadOptions,
  shared: Shared,
): Filter[] {
  const { token, timeout } = policy
  const budget = new Budget(policy.retryBudget)
  const copies = policy.shadow > 0 ? instances.to('shadow') : undefined
  return present([
    policy.cache && told.cached && cacheReport(told.cached),
    policy.cache && cache({ ...policy.cache, token, timeout, address }),
    policy.coalesce && coalesce(token, policy.maxBytes),
    deadline(timeout, policy.streamTimeout),
    copies && shadow(policy.shadow, pipe([shared.last], copies)),
    shared.seats,
    retry(policy, budget, Math.random, told.retried),
    policy.hedge && hedge(policy.hedge, told.hedged === undefined ? budget : budget.purse(told.hedged)),
    shared.breaker,
    shared.told,
    shared.last,
  ])
}

const present = (all: readonly (Filter | false | undefined)[]): Filter[] =>
  all.filter((filter) => typeof filter === 'function')
