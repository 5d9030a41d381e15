import type { BulkheadPolicy } from '../../policy.ts'
import type { Call, Filter, Reply } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'

/** How much of the measured pace each new measurement is. */
const weight = 1 / 8

/**
 * At most `calls` at a time to one upstream; of the rest `queue` wait, first come first served. A call keeps its place until
 * its reply's body is over, or has turned out to last: else a few hundred who only listen would keep out everybody. One too many
 * rejects with the fault `full`, and so does one that would wait longer than it has: told at once, its client loses nothing, and
 * nobody works for an answer that comes too late. One that waits leaves at its deadline (`timeout`) or when nobody wants it any
 * more (`aborted`).
 */
export function bulkhead(policy: Required<BulkheadPolicy>): Filter {
  const places = new Places(policy)
  const leave = () => places.leave()
  const answered = (reply: Reply) => {
    if (reply.lasting === true) leave()
    else reply.body.onOver(leave)
    return reply
  }
  const failed = (error: unknown) => {
    leave()
    throw error
  }
  return (call, next) => {
    const go = () => next(call).then(answered, failed)
    return places.take() ? go() : places.wait(call).then(go)
  }
}

class Places {
  readonly #calls: number
  readonly #queue: number
  /** In the order they came; a set, because most that leave early leave from the middle. */
  readonly #waiting = new Set<() => void>()
  #taken = 0
  /** When a place was last left, or the last one taken, while all were. */
  #last = 0
  /** Milliseconds from one place that is left to the next while all are taken: the service time divided by the places. */
  #pace = 0

  constructor(policy: Required<BulkheadPolicy>) {
    this.#calls = policy.calls
    this.#queue = policy.queue
  }

  take(): boolean {
    if (this.#taken >= this.#calls) return false
    this.#taken++
    if (this.#taken === this.#calls) this.#last = performance.now()
    return true
  }

  leave(): void {
    if (this.#taken === this.#calls) this.#measure()
    const first = this.#waiting.values().next().value
    if (first === undefined) this.#taken--
    else first()
  }

  /** Resolves with a place taken. */
  wait(call: Call): Promise<void> {
    const wait = (this.#waiting.size + 1) * this.#pace
    const left = call.until - performance.now()
    if (this.#waiting.size >= this.#queue || wait > left)
      return Promise.reject(new Fault('full', call.upstream, undefined, { retryAfter: wait }))
    return new Promise((resolve, reject) => {
      const enter = () => {
        stop()
        resolve()
      }
      const fail = (fault: Fault) => {
        stop()
        reject(fault)
      }
      const timer = setTimeout(() => fail(new Fault('timeout', call.upstream)), left)
      let release: (() => void) | undefined
      const stop = () => {
        clearTimeout(timer)
        this.#waiting.delete(enter)
        release?.()
      }
      this.#waiting.add(enter)
      release = call.scope.onEnd((reason) => fail(faultOf(reason, call.upstream, call.scope)))
    })
  }

  #measure(): void {
    const now = performance.now()
    const gap = now - this.#last
    this.#pace = this.#pace === 0 ? gap : this.#pace + (gap - this.#pace) * weight
    this.#last = now
  }
}
