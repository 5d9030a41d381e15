import { StoreUnavailable } from './store.ts'

interface Kept<V> {
  readonly value: V
  readonly weight: number
}

/**
 * The memory that one use of a store may take. Nothing that still holds is given up for something new: a flood would sign people
 * out, and let a used proof pass once more. When it is full, what would take more is refused, as by a Redis with `noeviction`.
 */
export class Room<V extends { readonly expiresAt: number }> {
  readonly #most: number
  readonly #clock: () => number
  // In the order of the last write, so that most of those that end first come first.
  readonly #kept = new Map<string, Kept<V>>()
  #weight = 0
  #sweepAt = -Infinity

  /** `most`: bytes. */
  constructor(most: number, clock: () => number) {
    this.#most = most
    this.#clock = clock
  }

  get(key: string): V | undefined {
    const value = this.#kept.get(key)?.value
    return value !== undefined && value.expiresAt > this.#clock() ? value : undefined
  }

  /** Throws `StoreUnavailable`. */
  put(key: string, value: V, weight: number): void {
    this.#forget(this.#clock())
    this.#make(weight - (this.#kept.get(key)?.weight ?? 0), this.#clock())
    this.delete(key)
    this.#kept.set(key, { value, weight })
    this.#weight += weight
  }

  delete(key: string): boolean {
    this.#weight -= this.#kept.get(key)?.weight ?? 0
    return this.#kept.delete(key)
  }

  /** Costs nothing when there is nothing to forget. */
  #forget(now: number): void {
    for (const [key, { value }] of this.#kept) {
      if (value.expiresAt > now) return
      this.delete(key)
    }
  }

  /** Looks through all of it once a second at most: whoever floods it must not make that expensive. */
  #make(more: number, now: number): void {
    if (more <= 0 || this.#weight + more <= this.#most) return
    if (now >= this.#sweepAt) {
      this.#sweepAt = now + 1_000
      for (const [key, { value }] of this.#kept) if (value.expiresAt <= now) this.delete(key)
    }
    if (this.#weight + more > this.#most) throw new StoreUnavailable('the memory for it is full')
  }
}
