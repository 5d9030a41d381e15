import type { FullPolicy } from '../../policy.ts'
import { type Address, keyOf } from '../discover/address.ts'
import type { Resolver } from '../discover/resolver.ts'
import { Arm } from './arm.ts'
import { choose } from './choose.ts'
import { type InstanceConnections, Instance } from './instance.ts'
import { type Ask, Probe } from './probe.ts'

/** The part of a policy a fleet needs. */
export type FleetPolicy = Pick<FullPolicy, 'balance' | 'stickyKey' | 'slowStart' | 'outlier' | 'probe'>

export interface FleetOptions {
  /** Opens connections to an address. */
  readonly open: (address: Address) => InstanceConnections
  /** For `policy.probe`; absent: no probes. Must settle. */
  readonly ask?: Ask | undefined
  /** Called when an instance is ejected, fails its probes or recovers. Must not throw. */
  readonly changed?: ((instance: Instance) => void) | undefined
  readonly now?: () => number
  readonly random?: () => number
}

/** Never ejects: for a policy without `outlier`, and for an instance that will always be the only one. */
const never = { failures: Infinity, ejection: 0, panic: 0.5 }

/**
 * The instances of one upstream by arm, in sync with the resolver: a new address gets connections, a removed one closes
 * after its last call, a remaining one keeps its state.
 */
export class Fleet implements AsyncDisposable {
  readonly arms = new Map<string, Arm>()
  /** There will only ever be one instance. */
  readonly alone: boolean
  readonly #resolver: Resolver
  readonly #policy: FleetPolicy
  readonly #options: FleetOptions
  readonly #now: () => number
  readonly #probes = new Map<Instance, Probe>()
  readonly #release: () => void
  /** Removed, with calls still in flight. */
  readonly #leaving = new Set<Instance>()
  #byKey = new Map<string, Instance>()

  constructor(resolver: Resolver, policy: FleetPolicy, options: FleetOptions) {
    const { random, now = () => performance.now() } = options
    this.#resolver = resolver
    this.#policy = policy
    this.#options = options
    this.#now = now
    this.alone = resolver.fixed && resolver.addresses.length === 1
    const panic = policy.outlier === false ? never.panic : policy.outlier.panic
    for (const arm of resolver.arms) this.arms.set(arm, new Arm(choose(policy, random), panic))
    this.#follow()
    this.#release = resolver.onChange(() => this.#follow())
  }

  get instances(): readonly Instance[] {
    return [...this.#byKey.values()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#release()
    for (const probe of this.#probes.values()) probe[Symbol.dispose]()
    await Promise.all([...this.instances, ...this.#leaving].map((instance) => instance[Symbol.asyncDispose]()))
  }

  #follow(): void {
    const before = this.#byKey
    this.#byKey = new Map()
    for (const address of this.#resolver.addresses) {
      const key = keyOf(address)
      const instance = before.get(key) ?? this.#join(address)
      instance.address = address
      before.delete(key)
      this.#byKey.set(key, instance)
    }
    for (const instance of before.values()) this.#part(instance)
    for (const [name, arm] of this.arms) {
      arm.instances = this.instances.filter(({ address }) => address.arm === name)
    }
  }

  #join(address: Address): Instance {
    const { open, ask, random } = this.#options
    const { probe } = this.#policy
    const outlier = (!this.alone && this.#policy.outlier) || never
    const changed = (instance: Instance) => this.#changed(instance)
    const instance = new Instance(address, open(address), outlier, this.#now(), changed)
    if (probe && ask) this.#probes.set(instance, new Probe(instance, probe, ask, random))
    return instance
  }

  #part(instance: Instance): void {
    this.#probes.get(instance)?.[Symbol.dispose]()
    this.#probes.delete(instance)
    this.#leaving.add(instance)
    instance.retire(() => this.#leaving.delete(instance))
  }

  #changed(instance: Instance): void {
    this.arms.get(instance.address.arm)?.recount()
    this.#options.changed?.(instance)
  }
}
