/** Initial tokens: a service that just started may retry. */
const advance = 10

/** Most tokens saved: when one of a few instances dies, everything in flight there is retried at once. */
const most = 100

/** Extra attempts always allowed in flight, however few calls are. */
const floor = 3

/** Extra attempts of one kind, out of a shared budget. */
export interface Purse {
  /** Call before each extra attempt, and before the pause that precedes it. If true, `give` must follow. */
  take(): boolean
  /** An extra attempt got its head, or failed. Its token stays spent. */
  give(): void
  /** No tokens left, so waiting for a `give` is pointless. */
  readonly empty: boolean
}

/**
 * Limits the extra attempts at one upstream, retries and hedges together. Both bounds apply.
 *
 * - Concurrency: at most `share` of the calls in flight, or 3 if that is more (Envoy's retry budget). Stops a storm
 *   within one round trip: a retry waits for its turn, a hedge is skipped. But a service that fails at once has few
 *   calls in flight, however many arrive.
 * - Long run: a token bucket that gains `share` with each call and loses one with each extra attempt. It starts with 10
 *   and holds at most 100, so the first n calls cause at most (1 + `share`) × n + 10 attempts, and any n later ones (1
 *   + `share`) × n + 100, whatever fails. A service that fails less often than `share` can always retry.
 *
 * A `share` of 0 allows none, not even a burst.
 */
export class RetryBudget implements Purse {
  readonly #share: number
  readonly #most: number
  #tokens: number
  #calls = 0
  #extras = 0

  constructor(share: number) {
    this.#share = share
    this.#most = share > 0 ? most : 0
    this.#tokens = share > 0 ? advance : 0
  }

  /** A call begins. Once per call, whatever its outcome. */
  begin(): void {
    this.#calls++
    this.#tokens = Math.min(this.#tokens + this.#share, this.#most)
  }

  end(): void {
    this.#calls--
  }

  take(): boolean {
    if (this.#tokens < 1 || this.#extras >= Math.max(floor, this.#share * this.#calls)) return false
    this.#tokens--
    this.#extras++
    return true
  }

  give(): void {
    this.#extras--
  }

  get empty(): boolean {
    return this.#tokens < 1
  }

  /** A purse that also reports each extra attempt. */
  purse(onTake: () => void): Purse {
    const take = () => {
      const taken = this.take()
      if (taken) onTake()
      return taken
    }
    const empty = () => this.empty
    return {
      take,
      give: () => this.give(),
      get empty() {
        return empty()
      },
    }
  }
}
