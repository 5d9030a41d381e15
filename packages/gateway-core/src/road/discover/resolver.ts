import { Resolver as NodeDns } from 'node:dns/promises'
import { type Address, keyOf } from './address.ts'
import type { Target } from './addresses.ts'
import { type Dns, Names } from './names.ts'
import { type Turn, turns } from './turns.ts'
import { Watch } from './watch.ts'

/** The addresses of one upstream, as they are now. */
export interface Resolver extends AsyncDisposable {
  readonly addresses: readonly Address[]
  /** All arms that addresses may be of, found or not. */
  readonly arms: ReadonlySet<string>
  /** The addresses never change. */
  readonly fixed: boolean
  /** Resolves once there is an address, or every name was answered without one. Never rejects. */
  ready(): Promise<void>
  /** Called after each change. Returns what takes the listener away again. */
  onChange(listener: () => void): () => void
}

export interface ResolverOptions {
  /** Cancelled when the resolver is disposed. Default: the name servers of the machine, two tries of a second each. */
  readonly dns?: Dns
  /** Told when a name cannot be answered, once until it can be again. Must not throw. */
  readonly failed?: (name: string, error: unknown) => void
  /** Default: four lookups at a time in the whole process. */
  readonly turn?: Turn
  readonly random?: () => number
}

const shared = turns(4)

/**
 * Find the addresses that targets lead to, and keep them up to date. It returns at once and never fails: static ones are
 * there, names follow. A name is looked up again when its TTL is over, at least every 60 s and at most every second; what
 * it led to stays while it cannot be answered. Of one name at most 100 addresses are used.
 */
export function resolver(targets: readonly Target[], options: ResolverOptions = {}): Resolver {
  const arms = new Set(targets.map(({ arm }) => arm))
  const fixed = targets.filter(({ kind }) => kind === 'static').map(({ url, weight, arm }) => ({ url, weight, arm }))
  const names = targets.filter(({ kind }) => kind !== 'static')
  return names.length === 0 ? unchanging(fixed, arms) : new Following(fixed, names, arms, options)
}

const unchanging = (addresses: readonly Address[], arms: ReadonlySet<string>): Resolver => ({
  addresses,
  arms,
  fixed: true,
  ready: () => Promise.resolve(),
  onChange: () => () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

class Following implements Resolver {
  readonly arms: ReadonlySet<string>
  readonly fixed = false
  readonly #static: readonly Address[]
  readonly #dns: Dns
  readonly #watches: readonly Watch[]
  readonly #listeners = new Set<() => void>()
  readonly #first = Promise.withResolvers<void>()
  #addresses: readonly Address[]

  constructor(
    fixed: readonly Address[],
    names: readonly Target[],
    arms: ReadonlySet<string>,
    { dns, failed = () => undefined, turn = shared, random }: ResolverOptions,
  ) {
    this.arms = arms
    this.#static = fixed
    this.#addresses = fixed
    this.#dns = dns ?? new NodeDns({ timeout: 1_000, tries: 2 })
    this.#watches = names.map((target) => {
      const name = new URL(target.url).hostname
      const lookup = new Names(target, this.#dns, turn)
      const tell = (error: unknown) => failed(name, error)
      return new Watch(
        () => lookup.find(),
        () => this.#update(),
        tell,
        random,
      )
    })
    if (fixed.length > 0) this.#first.resolve()
    void Promise.all(this.#watches.map((watch) => watch.ask())).then(() => this.#first.resolve())
  }

  get addresses(): readonly Address[] {
    return this.#addresses
  }

  ready(): Promise<void> {
    return this.#first.promise
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const watch of this.#watches) watch[Symbol.dispose]()
    this.#dns.cancel()
    this.#listeners.clear()
    this.#first.resolve()
    return Promise.resolve()
  }

  #update(): void {
    this.#addresses = once([...this.#static, ...this.#watches.flatMap((watch) => watch.addresses)])
    this.#first.resolve()
    for (const listener of this.#listeners) listener()
  }
}

/** Two names may lead to one address: it is one instance all the same. */
const once = (addresses: readonly Address[]): readonly Address[] => [
  ...new Map(addresses.map((address) => [keyOf(address), address])).values(),
]
