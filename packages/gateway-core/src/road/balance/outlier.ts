import type { OutlierPolicy } from '../../policy.ts'
import type { Call } from '../call.ts'
import { isFailure } from '../failure.ts'
import { Fault } from '../fault.ts'

/** Longest that an address is left out at a time. */
const longest = 300_000

/**
 * Whether the end of a body is the instance's failure. Not when the reader had enough of it, not when the time of a stream was up,
 * and not when what lasts had nothing to say for too long.
 */
export function isBroken(error: Error, call: Call, lasting: boolean, took: number, timeout: number): boolean {
  if (call.streamed && call.scope.ended) return false
  if (lasting && error instanceof Fault && error.kind === 'timeout') return false
  return isFailure(error, call, took, timeout) && (error as Fault).kind !== 'malformed'
}

/**
 * Whether one instance is left out because it fails while others work. After so many failures in a row it is out, for a
 * time that grows each time. When that is over the next call to it is the trial: it is in again, or out for longer. Was it
 * in for as long as it had been out, the count of times begins anew.
 *
 * Heads and bodies are counted apart, as a good head says nothing about how its body ends. What calls report that began
 * before the last change counts for nothing.
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

  /** `changed` is told when it goes out and comes in. */
  constructor(policy: Required<OutlierPolicy>, changed: () => void = () => undefined) {
    this.#policy = policy
    this.#changed = changed
  }

  /** It stays so until its trial is won. */
  get out(): boolean {
    return this.#out
  }

  /** How often it has been left out of late. */
  get times(): number {
    return this.#times
  }

  /** Whether it may be asked: it is in, or it is time for the trial. */
  isWell(now: number): boolean {
    return !this.#out || (!this.#trying && now >= this.#until)
  }

  /** A call goes to it. Returns what its reports must bring back. */
  begin(now: number): number {
    if (this.#out && now >= this.#until) this.#trying = true
    return this.#era
  }

  /** The call said nothing. */
  skip(era: number): void {
    if (era === this.#era) this.#trying = false
  }

  /** The head of an answer is there. */
  head(era: number, good: boolean, now: () => number): void {
    if (era !== this.#era) return
    this.#heads = good ? 0 : this.#heads + 1
    this.#judge(good, this.#heads, now)
  }

  /** The body of an answer came to its end. */
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
