import type { Followed } from '../contract.ts'
import type { Exchange } from '../exchange.ts'

/** What tells all who follow the same. */
export interface Teller {
  /** The next thing there is to tell, and how far one is told then; undefined when all is. Throws why there will never be more. */
  tell(follower: Follower): Followed<unknown> | undefined
  leave(follower: Follower): void
}

type Step = Promise<IteratorResult<Followed<unknown>, undefined>>

/** One who follows: a place in a log that all share, so a slow one holds nothing, and one that falls off its end reads anew. */
export class Follower implements AsyncIterableIterator<Followed<unknown>> {
  readonly exchange: Exchange
  /** How far it is told. */
  rev: number
  /** That `rev` counts in; undefined before it has begun. */
  log: object | undefined
  state: 'live' | 'lost' | undefined
  readonly #teller: Teller
  readonly #release: () => void
  #wake: ((step: Step) => void) | undefined
  #left = false

  constructor(teller: Teller, asking: { readonly exchange: Exchange; readonly scope: Exchange['scope'] }, rev: number) {
    this.#teller = teller
    this.exchange = asking.exchange
    this.rev = rev
    this.#release = asking.scope.onEnd(() => void this.return())
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** There may be more to tell. */
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
      const value = this.#teller.tell(this)
      return value && Promise.resolve({ done: false, value })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  return(): Step {
    if (!this.#left) {
      this.#left = true
      this.#release?.()
      this.#teller.leave(this)
      this.wake()
    }
    return Promise.resolve({ done: true, value: undefined })
  }
}
