/** Tokens that nobody has to save up for first: a service that just began may retry. */
const advance = 10

/** Tokens that may be saved up: when one of a few instances dies, all that was under way there is tried anew at once. */
const most = 100

/** So many extra attempts may be under way however few calls are. */
const floor = 3

/** Extra attempts of one kind, out of the budget they all share. */
export interface Purse {
  /** Ask before each extra attempt, and before the pause that precedes it. When true, `give` must follow. */
  take(): boolean
  /** An extra attempt has its head, or failed. Its token stays spent. */
  give(): void
  /** Nothing is left: waiting for others to `give` does not help. */
  readonly empty: boolean
}

/**
 * How much may be asked of one upstream beyond what was asked of us: its retries and its hedges together. Two bounds, and an
 * extra attempt must keep both.
 *
 * - At any moment: at most `share` of the calls under way, or 3 if that is more (Envoy's retry budget). It stops a storm
 *   within one round trip: a retry waits for its turn, a hedge does without. But a service that fails at once has few calls under way however many come.
 * - In the long run: a bucket that gains `share` of a token with each call and loses one with each extra attempt. It starts
 *   with 10 and never holds more than 100, so the first n calls cause at most (1 + `share`) × n + 10 attempts, and any n later
 *   ones (1 + `share`) × n + 100, whatever fails and however. A service that fails less often than `share` can always retry.
 *
 * A `share` of 0 allows nothing, not even a burst.
 */
export class Budget implements Purse {
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

  /** A call begins. Once per call, whatever becomes of it. */
  begin(): void {
    this.#calls++
    this.#tokens = Math.min(this.#tokens + this.#share, this.#most)
  }

  /** A call is over. */
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

  /** The same, for one who wants to be told of each. */
  purse(told: () => void): Purse {
    const take = () => {
      const taken = this.take()
      if (taken) told()
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
