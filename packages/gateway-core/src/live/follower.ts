import type { Followed } from '../contract.ts'
import type { Exchange } from '../exchange.ts'

/** The shared source of all followers of one topic. */
export interface FollowerSource {
  /**
   * The next event after the follower's position, which it advances; `undefined` if it is up to date. Throws the reason
   * when there will never be more.
   */
  tell(follower: Follower): Followed<unknown> | undefined
  leave(follower: Follower): void
}

type Step = Promise<IteratorResult<Followed<unknown>, undefined>>

/**
 * One follower: a position in a shared log, so a slow one holds up nothing, and one that falls behind its start
 * resyncs.
 */
export class Follower implements AsyncIterableIterator<Followed<unknown>> {
  readonly exchange: Exchange
  /** Last revision delivered. */
  rev: number
  /** The log `rev` refers to; undefined before the first event. */
  log: object | undefined
  state: 'live' | 'lost' | undefined
  readonly #source: FollowerSource
  readonly #release: () => void
  #wake: ((step: Step) => void) | undefined
  #left = false

  constructor(
    source: FollowerSource,
    asking: { readonly exchange: Exchange; readonly scope: Exchange['scope'] },
    rev: number,
  ) {
    this.#source = source
    this.exchange = asking.exchange
    this.rev = rev
    this.#release = asking.scope.onEnd(() => void this.return())
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Call when more may be available. */
  wake(): void {
    const wake = this.#wake
    const step = wake && this.#step()
    if (step === undefined) return
    this.#wake = undefined
    wake?.(step)
  }

  next(): Step {
    return (
      this.#step() ??
      new Promise((resolve) => {
        this.#wake = resolve
      })
    )
  }

  #step(): Step | undefined {
    if (this.#left) return Promise.resolve({ done: true, value: undefined })
    try {
      const value = this.#source.tell(this)
      return value && Promise.resolve({ done: false, value })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  return(): Step {
    if (!this.#left) {
      this.#left = true
      this.#release?.()
      this.#source.leave(this)
      this.wake()
    }
    return Promise.resolve({ done: true, value: undefined })
  }
}
