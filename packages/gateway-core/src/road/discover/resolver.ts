import { Resolver as NodeDns } from 'node:dns/promises'
import { type Address, keyOf } from './address.ts'
import type { UpstreamTarget } from './addresses.ts'
import { type Dns, Names } from './names.ts'
import { type Turn, turns } from './turns.ts'
import { Watch } from './watch.ts'

/** The current addresses of one upstream. */
export interface Resolver extends AsyncDisposable {
  readonly addresses: readonly Address[]
  /** All arms that addresses may belong to, resolved or not. */
  readonly arms: ReadonlySet<string>
  /** The addresses never change. */
  readonly fixed: boolean
  /** Resolves once there is an address, or every name resolved to none. Never rejects. */
  ready(): Promise<void>
  /** Registers a listener for changes. Returns a function that removes it. */
  onChange(listener: () => void): () => void
}

export interface ResolverOptions {
  /** Cancelled on disposal. Default: the machine's name servers, two tries of a second each. */
  readonly dns?: Dns
  /** Called when a name cannot be resolved, once until it recovers. Must not throw. */
  readonly failed?: (name: string, error: unknown) => void
  /** Default: four concurrent lookups in the whole process. */
  readonly turn?: Turn
  readonly random?: () => number
}

const shared = turns(4)

/**
 * Resolves targets and keeps their addresses up to date. Returns at once and never fails: static addresses are
 * available immediately, names follow. A name is looked up again at the end of its TTL, at least every 60 s and at most
 * every second; its addresses stay while lookups fail. At most 100 addresses per name.
 */
export function resolver(targets: readonly UpstreamTarget[], options: ResolverOptions = {}): Resolver {
  const arms = new Set(targets.map(({ arm }) => arm))
  const fixed = targets.filter(({ kind }) => kind === 'static').map(({ url, weight, arm }) => ({ url, weight, arm }))
  const names = targets.filter(({ kind }) => kind !== 'static')
  return names.length === 0 ? unchanging(fixed, arms) : new DnsResolver(fixed, names, arms, options)
}

const unchanging = (addresses: readonly Address[], arms: ReadonlySet<string>): Resolver => ({
  addresses,
  arms,
  fixed: true,
  ready: () => Promise.resolve(),
  onChange: () => () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

class DnsResolver implements Resolver {
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
    names: readonly UpstreamTarget[],
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

/** Two names may resolve to one address, which is one instance. */
const once = (addresses: readonly Address[]): readonly Address[] => [
  ...new Map(addresses.map((address) => [keyOf(address), address])).values(),
]
