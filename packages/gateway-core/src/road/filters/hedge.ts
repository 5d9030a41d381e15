import type { HedgePolicy } from '../../policy.ts'
import type { Scope } from '../../scope.ts'
import type { Purse } from '../budget.ts'
import { type Call, type Filter, isUpload, type Reply, type Service } from '../call.ts'
import { Fault } from '../fault.ts'
import { Latency } from '../latency.ts'

/**
 * Sends a second attempt when the first is slower than most recent ones, and takes the first response (Dean and
 * Barroso, "The Tail at Scale"). GET and HEAD only, at most two at a time, the second paid from the budget, and none
 * before twenty responses have set a baseline. A failure does not win while the other may still answer; the loser is
 * cancelled.
 *
 * The latency recorded is the caller's wait: recording only winners would hide slow responses, and more and more calls
 * would seem late.
 */
export function hedge(policy: Required<HedgePolicy>, budget: Purse): Filter {
  const latency = new Latency(policy.percentile)
  return async (call, next) => {
    if ((call.method !== 'GET' && call.method !== 'HEAD') || isUpload(call)) return next(call)
    const start = performance.now()
    const usual = latency.percentile
    const delay = usual === undefined ? Infinity : Math.max(policy.minimum, usual)
    const reply = await (start + delay < call.until ? race(call, next, delay, budget) : next(call))
    if (reply.status < 500) latency.add(performance.now() - start)
    return reply
  }
}

const race = (call: Call, next: Service, delay: number, budget: Purse): Promise<Reply> =>
  new Promise((resolve, reject) => {
    new Race({ ...call, tried: call.tried ?? new Set() }, next, budget, resolve, reject).run(delay)
  })

/** One call, sent once or twice. */
class Race {
  readonly #call: Call
  readonly #next: Service
  readonly #budget: Purse
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (error: unknown) => void
  readonly #running = new Set<Scope>()
  #timer: NodeJS.Timeout | undefined
  #failed: Reply | undefined
  #over = false

  constructor(
    call: Call,
    next: Service,
    budget: Purse,
    resolve: (reply: Reply) => void,
    reject: (error: unknown) => void,
  ) {
    this.#call = call
    this.#next = next
    this.#budget = budget
    this.#resolve = resolve
    this.#reject = reject
  }

  run(delay: number): void {
    this.#timer = setTimeout(() => this.#second(), delay)
    void this.#ask()
  }

  #second(): void {
    if (this.#budget.take()) void this.#ask().finally(() => this.#budget.give())
  }

  async #ask(): Promise<void> {
    const scope = this.#call.scope.child()
    this.#running.add(scope)
    try {
      const reply = await this.#next({ ...this.#call, scope })
      reply.body.onOver(() => scope.close())
      this.#running.delete(scope)
      this.#answered(reply)
    } catch (error) {
      scope.close()
      this.#running.delete(scope)
      if (!this.#over && this.#running.size === 0) this.#finish(() => this.#reject(error))
    }
  }

  #answered(reply: Reply): void {
    if (this.#over) reply.body.destroy()
    else if (reply.status < 500 || this.#running.size === 0) this.#finish(() => this.#resolve(reply))
    else this.#failed = reply
  }

  #finish(settle: () => void): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#failed?.body.destroy()
    settle()
    if (this.#running.size === 0) return
    const lost = new Fault('aborted', this.#call.upstream, new Error('another address answered first'))
    for (const scope of this.#running) scope.end(lost)
  }
}
