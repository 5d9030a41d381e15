import { Scope } from '../../scope.ts'
import type { Call } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'

/**
 * A call that several wait for. It runs in a scope of its own, so that none of them takes it along when it leaves; when the
 * last has left, it is called off.
 */
export class Flight {
  readonly scope = new Scope()
  readonly #until: number
  #aboard = 0

  /** `until`: `performance.now()` by which its outcome is certain; `Infinity` when only those who wait have a limit. */
  constructor(until: number) {
    this.#until = until
  }

  /** Keep it going. Returns what leaves again, once. */
  board(): () => void {
    this.#aboard++
    let aboard = true
    return () => {
      if (aboard) this.#leave()
      aboard = false
    }
  }

  /** Wait for its outcome, no longer than this call may (`timeout`) or wants to (`aborted`). */
  wait<T>(call: Call, outcome: Promise<T>): Promise<T> {
    this.#aboard++
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      let release: (() => void) | undefined
      let waiting = true
      const stop = () => {
        if (!waiting) return
        waiting = false
        if (timer !== undefined) clearTimeout(timer)
        release?.()
        this.#leave()
      }
      const give = (fault: unknown) => {
        stop()
        reject(fault)
      }
      // Whoever may wait longer than the flight takes needs no timer: it always has an outcome by then.
      if (call.until < this.#until)
        timer = setTimeout(() => give(new Fault('timeout', call.upstream)), call.until - performance.now())
      outcome.then((value) => {
        stop()
        resolve(value)
      }, give)
      release = call.scope.onEnd((reason) => give(faultOf(reason, call.upstream, call.scope)))
    })
  }

  #leave(): void {
    if (--this.#aboard === 0) this.scope.end(deserted)
  }
}

/** Made once: most flights are over when the last leaves, and nobody hears of it. Whoever does makes a fault of it. */
const deserted = new Error('nobody waits for it any more')
