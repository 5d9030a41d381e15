import type { BreakerPolicy } from '../policy.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

/** What a call reveals about its upstream; `nothing` if it was cancelled or never sent. */
export type Verdict = 'good' | 'slow' | 'bad' | 'nothing'

/** The window slides in tenths. */
const buckets = 10

/** Consecutive failures that open it, however few calls there were. */
const row = 10

/**
 * A circuit breaker. Closed, it counts: it opens at a share of failures or of slow calls among enough calls of the
 * window, or after ten failures in a row. Open, it refuses calls until the cooldown is over. Half open, it lets one
 * probe through, whose outcome closes or reopens it. A cancelled probe leaves its place to the next call, and so does
 * one unanswered for another cooldown.
 *
 * Late reports of calls from an earlier state are ignored: they describe the past.
 */
export class Breaker {
  readonly policy: Required<BreakerPolicy>
  readonly #changed: (state: BreakerState) => void
  readonly #now: () => number
  readonly #seen = new Tally()
  #state: BreakerState = 'closed'
  /** Changes with each state and each probe. */
  #era = 0
  #since = 0
  #probing = false
  #row = 0

  /** `changed` is called with each new state, and must not throw. */
  constructor(
    policy: Required<BreakerPolicy>,
    changed: (state: BreakerState) => void = () => undefined,
    now: () => number = () => performance.now(),
  ) {
    this.policy = policy
    this.#changed = changed
    this.#now = now
  }

  /** Stays `open` after the cooldown until a call arrives to be the probe. */
  get state(): BreakerState {
    return this.#state
  }

  /** Milliseconds until a call may pass again; 0 if one may now, or a probe is in flight. */
  get left(): number {
    return this.#state === 'open' ? Math.max(0, this.#since + this.policy.cooldown - this.#now()) : 0
  }

  /** Call before each call: returns an era to pass to `leave`, or -1 when the breaker refuses. */
  enter(): number {
    if (this.#state === 'closed') return this.#era
    if (this.#state === 'open') {
      if (this.left > 0) return -1
      this.#turn('half-open')
    } else if (this.#probing && this.#now() - this.#since < this.policy.cooldown) return -1
    this.#probing = true
    this.#since = this.#now()
    return ++this.#era
  }

  /** Reports the outcome of a call that `enter` admitted. */
  leave(era: number, verdict: Verdict): void {
    if (era !== this.#era) return
    if (this.#state === 'closed') this.#count(verdict)
    else if (verdict === 'nothing') this.#probing = false
    else this.#turn(verdict === 'good' ? 'closed' : 'open')
  }

  #count(verdict: Verdict): void {
    if (verdict === 'nothing') return
    const seen = this.#seen
    const { window, minimum, failureRate, slowRate } = this.policy
    seen.add(verdict, Math.floor(this.#now() / (window / buckets)))
    this.#row = verdict === 'bad' ? this.#row + 1 : 0
    if (verdict === 'good') return
    const rated = seen.calls >= minimum
    const failing = rated && seen.bad >= failureRate * seen.calls
    const slow = rated && seen.slow >= slowRate * seen.calls
    if (this.#row >= row || failing || slow) this.#turn('open')
  }

  #turn(state: BreakerState): void {
    this.#state = state
    this.#era++
    this.#since = this.#now()
    this.#probing = false
    this.#row = 0
    this.#seen.clear()
    this.#changed(state)
  }
}

/** Outcomes within the window: rings of buckets, and their sums. */
class Tally {
  readonly #calls = new Uint32Array(buckets)
  readonly #bad = new Uint32Array(buckets)
  readonly #slow = new Uint32Array(buckets)
  #newest = 0
  calls = 0
  bad = 0
  slow = 0

  /** `bucket` counts up with time. */
  add(verdict: Verdict, bucket: number): void {
    if (bucket !== this.#newest) this.#move(bucket)
    const at = bucket % buckets
    this.calls++
    this.#calls[at]!++
    if (verdict === 'bad') {
      this.bad++
      this.#bad[at]!++
    } else if (verdict === 'slow') {
      this.slow++
      this.#slow[at]!++
    }
  }

  clear(): void {
    this.#calls.fill(0)
    this.#bad.fill(0)
    this.#slow.fill(0)
    this.calls = this.bad = this.slow = 0
  }

  #move(bucket: number): void {
    if (bucket - this.#newest >= buckets) this.clear()
    else
      for (let old = this.#newest + 1; old <= bucket; old++) {
        const at = old % buckets
        this.calls -= this.#calls[at]!
        this.bad -= this.#bad[at]!
        this.slow -= this.#slow[at]!
        this.#calls[at] = this.#bad[at] = this.#slow[at] = 0
      }
    this.#newest = bucket
  }
}
