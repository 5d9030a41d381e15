/** Answers that are remembered. */
const kept = 256

/** After so many new ones the order is found out anew: sorting costs microseconds, so it must not be paid for each. */
const stale = 64

/** Fewer than this say nothing. */
const fewest = 20

/** How long the latest 256 answers of one upstream took, and below what a share of them stayed. */
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

  /** One more answer, in milliseconds. */
  add(took: number): void {
    this.#ring[this.#count % kept] = took
    this.#count++
  }

  /** Milliseconds, at most 64 answers out of date; undefined while fewer than 20 are known. */
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
