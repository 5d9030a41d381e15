import { Scope } from '../../scope.ts'
import type { Call } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'

/**
 * A call shared by several callers. It has its own scope, so that it survives any of them leaving; it is cancelled when
 * the last has left.
 */
export class Flight {
  readonly scope = new Scope()
  readonly #until: number
  #aboard = 0

  /** `until`: `performance.now()` by which the outcome is certain; `Infinity` when only callers have a limit. */
  constructor(until: number) {
    this.#until = until
  }

  /** Keeps it going. Returns a function that leaves, once. */
  board(): () => void {
    this.#aboard++
    let aboard = true
    return () => {
      if (aboard) this.#leave()
      aboard = false
    }
  }

  /** Waits for the outcome, until the call's deadline (`timeout`) or cancellation (`aborted`). */
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
      // A caller with a later deadline needs no timer: the outcome comes first.
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

/** Shared: usually nobody sees it, as most flights are over when the last caller leaves. `faultOf` converts it. */
const deserted = new Error('nobody waits for it any more')
