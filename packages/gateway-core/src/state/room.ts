import { StoreUnavailable } from './store.ts'

interface Kept<V> {
  readonly value: V
  readonly weight: number
}

/**
 * A memory limit for one use of a store. Live entries are never evicted: a flood would sign people out, and let a used
 * proof pass again. When full, it refuses writes, like a Redis with `noeviction`.
 */
export class Room<V extends { readonly expiresAt: number }> {
  readonly #most: number
  readonly #clock: () => number
  // In order of the last write, so that entries that expire first mostly come first.
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

  /** Throws `StoreUnavailable` when full. */
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

  /** Stops at the first live entry, so it is cheap. */
  #forget(now: number): void {
    for (const [key, { value }] of this.#kept) {
      if (value.expiresAt > now) return
      this.delete(key)
    }
  }

  /** Sweeps everything at most once a second, so that a flood cannot make it expensive. */
  #make(more: number, now: number): void {
    if (more <= 0 || this.#weight + more <= this.#most) return
    if (now >= this.#sweepAt) {
      this.#sweepAt = now + 1_000
      for (const [key, { value }] of this.#kept) if (value.expiresAt <= now) this.delete(key)
    }
    if (this.#weight + more > this.#most) throw new StoreUnavailable('its memory limit is reached')
  }
}
