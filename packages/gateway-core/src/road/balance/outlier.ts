import type { OutlierPolicy } from '../../policy.ts'
import type { Call } from '../call.ts'
import { isFailure } from '../failure.ts'
import { Fault } from '../fault.ts'

/** Longest ejection, in milliseconds. */
const longest = 300_000

/**
 * Whether a body that ended badly is the instance's failure. Not when the reader stopped, a stream's time was up, or a
 * long-lived response was silent for too long.
 */
export function isBroken(error: Error, call: Call, lasting: boolean, took: number, timeout: number): boolean {
  if (call.streamed && call.scope.ended) return false
  if (lasting && error instanceof Fault && error.kind === 'timeout') return false
  return isFailure(error, call, took, timeout) && (error as Fault).kind !== 'malformed'
}

/**
 * Ejects an instance that fails while others work. After `failures` in a row it is out, for a time that grows with each
 * ejection. Then its next call is a trial: it returns, or is out for longer. An instance that stayed in as long as it
 * had been out starts over.
 *
 * Heads and bodies are counted separately, as a good head does not predict its body. Reports of calls begun before the
 * last change are ignored.
 */
export class Outlier {
  readonly #policy: Required<OutlierPolicy>
  readonly #changed: () => void
  #era = 0
  #heads = 0
  #bodies = 0
  #out = false
  #trying = false
  #until = 0
  #span = 0
  #times = 0

  /** `changed` is called when it is ejected or returns. */
  constructor(policy: Required<OutlierPolicy>, changed: () => void = () => undefined) {
    this.#policy = policy
    this.#changed = changed
  }

  /** True until a trial succeeds. */
  get out(): boolean {
    return this.#out
  }

  /** Recent ejections. */
  get times(): number {
    return this.#times
  }

  /** Whether it may take calls: it is in, or due for a trial. */
  isWell(now: number): boolean {
    return !this.#out || (!this.#trying && now >= this.#until)
  }

  /** A call begins. Returns the era to pass to its reports. */
  begin(now: number): number {
    if (this.#out && now >= this.#until) this.#trying = true
    return this.#era
  }

  /** The call's outcome is inconclusive. */
  skip(era: number): void {
    if (era === this.#era) this.#trying = false
  }

  /** A response head arrived, or failed to. */
  head(era: number, good: boolean, now: () => number): void {
    if (era !== this.#era) return
    this.#heads = good ? 0 : this.#heads + 1
    this.#judge(good, this.#heads, now)
  }

  /** A response body ended. */
  body(era: number, good: boolean, now: () => number): void {
    if (era !== this.#era) return
    this.#bodies = good ? 0 : this.#bodies + 1
    if (!good) this.#judge(good, this.#bodies, now)
  }

  #judge(good: boolean, row: number, now: () => number): void {
    if (!this.#out) {
      if (row >= this.#policy.failures) this.#eject(now())
    } else if (good) this.#turn(false)
    else if (now() >= this.#until) this.#eject(now())
  }

  #eject(now: number): void {
    if (!this.#out && now - this.#until >= this.#span) this.#times = 0
    this.#times++
    this.#span = Math.min(longest, this.#policy.ejection * this.#times)
    this.#until = now + this.#span
    this.#turn(true)
  }

  #turn(out: boolean): void {
    const changes = out !== this.#out
    this.#out = out
    this.#era++
    this.#trying = false
    this.#heads = 0
    this.#bodies = 0
    if (changes) this.#changed()
  }
}
