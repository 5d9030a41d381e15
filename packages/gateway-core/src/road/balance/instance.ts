import type { OutlierPolicy } from '../../policy.ts'
import type { Service } from '../call.ts'
import type { Address } from '../discover/address.ts'
import { hash } from '../../hash.ts'
import { Outlier } from './outlier.ts'

/** What is at the end of the road: calls to one address, over its own connections. */
export interface Connections extends AsyncDisposable {
  readonly send: Service
}

/** `ejected` it fails while others work · `unwell` it fails its probes · `well` neither. */
export type InstanceState = 'well' | 'ejected' | 'unwell'

/** A new instance begins with this share of its weight. */
const firstShare = 0.1

/** One address, and all that is known about it. */
export class Instance implements AsyncDisposable {
  /** Only its weight ever changes. */
  address: Address
  /** Calls to it whose answers have not ended yet, but for those that last. */
  inFlight = 0
  /** Answers of it that last: open sockets and streams. */
  lasting = 0
  /** `performance.now()` when it was found. */
  readonly since: number
  readonly send: Service
  readonly outlier: Outlier
  /** Its salt: where the keys of `hash` fall. The same in every process. */
  readonly salt: number
  /** How much it is owed, in turns (`round-robin`). */
  owed = 0
  readonly #connections: Connections
  readonly #changed: (instance: Instance) => void
  #answersProbes = true
  #idle = () => {}
  #closed: PromiseLike<void> | undefined

  constructor(
    address: Address,
    connections: Connections,
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

  /** Whether it may be asked now. */
  isWell(now: number): boolean {
    return this.#answersProbes && this.outlier.isWell(now)
  }

  /** Its weight, which grows from a tenth to all of it during the first `slowStart` ms. */
  weightAt(now: number, slowStart: number): number {
    const age = now - this.since
    if (age >= slowStart) return this.address.weight
    return this.address.weight * (firstShare + (1 - firstShare) * (age / slowStart))
  }

  /** What its probes say. */
  probed(well: boolean): void {
    if (well === this.#answersProbes) return
    this.#answersProbes = well
    this.#changed(this)
  }

  /** An answer has begun that lasts. */
  lasts(): void {
    this.inFlight--
    this.lasting++
  }

  /** A call to it is over. */
  leave(lasting: boolean): void {
    if (lasting) this.lasting--
    else this.inFlight--
    if (this.open === 0) this.#idle()
  }

  /** All that is under way there, and all that lasts. */
  get open(): number {
    return this.inFlight + this.lasting
  }

  /** It is no longer there: close it when its last call is over, and say so. */
  retire(closed: () => void): void {
    this.#idle = () => {
      void this[Symbol.asyncDispose]()
      closed()
    }
    if (this.open === 0) this.#idle()
  }

  /** Close it now, whatever is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#closed ??= this.#connections[Symbol.asyncDispose]())
  }
}
