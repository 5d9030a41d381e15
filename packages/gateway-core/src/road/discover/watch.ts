import type { Address } from './address.ts'
import type { LookupResult } from './names.ts'

/** Bounds in milliseconds of the interval between lookups, which follows the TTL. Failures retry after the shortest. */
const soonest = 1_000
const latest = 60_000

/** Jitter in milliseconds, so that processes started together drift apart. */
const spread = 500

/** Keeps one name's addresses up to date. While lookups fail, the last good ones stay. */
export class Watch implements Disposable {
  readonly #find: () => Promise<LookupResult>
  readonly #changed: () => void
  readonly #failed: (error: unknown) => void
  readonly #random: () => number
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #failing = false
  #addresses: readonly Address[] = []

  /** `failed` is called once per run of failures. Neither it nor `changed` may throw. */
  constructor(
    find: () => Promise<LookupResult>,
    changed: () => void,
    failed: (error: unknown) => void,
    random: () => number = Math.random,
  ) {
    this.#find = find
    this.#changed = changed
    this.#failed = failed
    this.#random = random
  }

  get addresses(): readonly Address[] {
    return this.#addresses
  }

  /** Resolves after the first lookup, successful or not; then repeats by itself. */
  async ask(): Promise<void> {
    const answer = await this.#find().catch((error: unknown): LookupResult => ({ addresses: [], ttl: 0, error }))
    if (this.#stopped) return
    const failing = 'error' in answer
    if (failing && !this.#failing) this.#failed(answer.error)
    this.#failing = failing
    if (answer.addresses.length > 0 && !isSame(answer.addresses, this.#addresses)) {
      this.#addresses = answer.addresses
      this.#changed()
    }
    const pause = failing ? soonest : Math.min(latest, Math.max(soonest, answer.ttl))
    this.#timer = setTimeout(() => void this.ask(), pause + this.#random() * spread).unref()
  }

  [Symbol.dispose](): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }
}

const isSame = (some: readonly Address[], others: readonly Address[]): boolean =>
  some.length === others.length &&
  some.every(({ url, weight }, at) => url === others[at]!.url && weight === others[at]!.weight)
