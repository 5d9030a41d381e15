import type { Address } from './address.ts'
import type { Answer } from './names.ts'

/** A name is asked for anew at the end of its TTL, kept within these, and soon after it could not be answered. */
const soonest = 1_000
const latest = 60_000

/** Processes that started together must not ask together for ever. */
const spread = 500

/** Keeps one name's addresses up to date. The last good ones stay when it cannot be answered any more. */
export class Watch implements Disposable {
  readonly #find: () => Promise<Answer>
  readonly #changed: () => void
  readonly #failed: (error: unknown) => void
  readonly #random: () => number
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #failing = false
  #addresses: readonly Address[] = []

  /** `failed` is told once of failures in a row. Neither it nor `changed` may throw. */
  constructor(
    find: () => Promise<Answer>,
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

  /** Resolves when it has been answered for the first time, well or not; goes on by itself. */
  async ask(): Promise<void> {
    const answer = await this.#find().catch((error: unknown): Answer => ({ addresses: [], ttl: 0, error }))
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
