import type { OutlierPolicy } from '../../policy.ts'
import type { Service } from '../call.ts'
import type { Address } from '../discover/address.ts'
import { hash } from '../../hash.ts'
import { Outlier } from './outlier.ts'

/** The end of the road: calls to one address, over its own connections. */
export interface InstanceConnections extends AsyncDisposable {
  readonly send: Service
}

/** `ejected` it fails while others work · `unwell` it fails its probes · `well` neither */
export type InstanceState = 'well' | 'ejected' | 'unwell'

/** Share of its weight at which a new instance starts. */
const firstShare = 0.1

/** One address and its state. */
export class Instance implements AsyncDisposable {
  /** Only its weight may change. */
  address: Address
  /** Calls in flight, without long-lived ones. */
  inFlight = 0
  /** Long-lived responses: open sockets and streams. */
  lasting = 0
  /** `performance.now()` at discovery. */
  readonly since: number
  readonly send: Service
  readonly outlier: Outlier
  /** Salt that places the keys of `hash`. The same in every process. */
  readonly salt: number
  /** Turns it is owed (`round-robin`). */
  owed = 0
  readonly #connections: InstanceConnections
  readonly #changed: (instance: Instance) => void
  #answersProbes = true
  #idle = () => {}
  #closed: PromiseLike<void> | undefined

  constructor(
    address: Address,
    connections: InstanceConnections,
    policy: Required<OutlierPolicy>,
    since: number,
    changed: (instance: Instance) => void = () => undefined,
  ) {
    this.address = address
    this.since = since
    this.send = connections.send
    this.salt = hash(address.url)
    this.#connections = connections
    this.#changed = changed
    this.outlier = new Outlier(policy, () => changed(this))
  }

  get state(): InstanceState {
    return this.outlier.out ? 'ejected' : this.#answersProbes ? 'well' : 'unwell'
  }

  /** Whether it may take calls now. */
  isWell(now: number): boolean {
    return this.#answersProbes && this.outlier.isWell(now)
  }

  /** Its weight, which ramps up from a tenth during the first `slowStart` ms. */
  weightAt(now: number, slowStart: number): number {
    const age = now - this.since
    if (age >= slowStart) return this.address.weight
    return this.address.weight * (firstShare + (1 - firstShare) * (age / slowStart))
  }

  /** Reports a change of its probe result. */
  probed(well: boolean): void {
    if (well === this.#answersProbes) return
    this.#answersProbes = well
    this.#changed(this)
  }

  /** A response turned out long-lived. */
  lasts(): void {
    this.inFlight--
    this.lasting++
  }

  leave(lasting: boolean): void {
    if (lasting) this.lasting--
    else this.inFlight--
    if (this.open === 0) this.#idle()
  }

  /** Calls in flight and long-lived ones. */
  get open(): number {
    return this.inFlight + this.lasting
  }

  /** Removed from the fleet: closes after its last call, then calls `closed`. */
  retire(closed: () => void): void {
    this.#idle = () => {
      void this[Symbol.asyncDispose]()
      closed()
    }
    if (this.open === 0) this.#idle()
  }

  /** Closes it now, cutting calls in flight. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#closed ??= this.#connections[Symbol.asyncDispose]())
  }
}
