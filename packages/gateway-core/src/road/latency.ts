/** Samples kept. */
const kept = 256

/** New samples before sorting again: it takes microseconds, too much for each call. */
const stale = 64

/** Fewest samples for a percentile. */
const fewest = 20

/** Percentile of the latest 256 response times of one upstream. */
export class Latency {
  readonly #share: number
  readonly #ring = new Float64Array(kept)
  #count = 0
  #sortedAt = -1
  #value: number | undefined

  /** `share` from 0 to 1: 0.95 is the 95th percentile. */
  constructor(share: number) {
    this.#share = share
  }

  /** Adds a sample, in milliseconds. */
  add(took: number): void {
    this.#ring[this.#count % kept] = took
    this.#count++
  }

  /** Milliseconds, at most 64 samples out of date; undefined below 20 samples. */
  get percentile(): number | undefined {
    if (this.#count < fewest) return undefined
    if (this.#sortedAt < 0 || this.#count - this.#sortedAt >= stale) this.#sort()
    return this.#value
  }

  #sort(): void {
    const sorted = this.#ring.subarray(0, Math.min(this.#count, kept)).toSorted()
    this.#value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * this.#share))]
    this.#sortedAt = this.#count
  }
}
