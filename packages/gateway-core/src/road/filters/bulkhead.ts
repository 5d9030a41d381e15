import type { BulkheadPolicy } from '../../policy.ts'
import type { Call, Filter, Reply } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'

/** Weight of a new measurement in the moving average. */
const weight = 1 / 8

/**
 * At most `calls` concurrent calls to one upstream; `queue` more wait, first come first served. A call holds its place
 * until its reply's body is over or turns out long-lived: otherwise a few hundred listeners would block everyone. A
 * call beyond the queue rejects with the fault `full`, as does one that would wait past its deadline: failing early
 * costs its client nothing, and spares the service work for a late answer. A waiting call leaves at its deadline
 * (`timeout`) or when cancelled (`aborted`).
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
  /** In order of arrival; a set, as calls that leave early are mostly in the middle. */
  readonly #waiting = new Set<() => void>()
  #taken = 0
  /** When a place was last freed, or the last one taken, while all were taken. */
  #last = 0
  /** Average milliseconds between freed places under full load: the service time divided by the places. */
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

  /** Resolves holding a place. */
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
