import type { Followed } from '../contract.ts'
import type { Exchange } from '../exchange.ts'

/** How far one follower is told. */
export interface Place {
  rev: number
  /** Of the log that `rev` counts in; undefined before it has begun. */
  log?: object
  state?: 'live' | 'lost'
}

/** What tells all who follow the same. */
export interface Teller {
  /** The next thing there is to tell; undefined when all is told. Throws why there will never be more. */
  readonly tell: (place: Place) => Followed<unknown> | undefined
  readonly leave: (follower: Follower) => void
}

/** One who follows: a place in a log that all share, so a slow one holds nothing, and one that falls off its end reads anew. */
export class Follower implements AsyncIterableIterator<Followed<unknown>> {
  readonly exchange: Exchange
  readonly #teller: Teller
  readonly #place: Place
  readonly #release: () => void
  #wake: PromiseWithResolvers<IteratorResult<Followed<unknown>, undefined>> | undefined
  #left = false

  constructor(teller: Teller, asking: { readonly exchange: Exchange; readonly scope: Exchange['scope'] }, rev: number) {
    this.#teller = teller
    this.exchange = asking.exchange
    this.#place = { rev }
    this.#release = asking.scope.onEnd(() => void this.return())
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** There may be more to tell. */
  wake(): void {
    const wake = this.#wake
    this.#wake = undefined
    if (wake !== undefined) this.next().then(wake.resolve, wake.reject)
  }

  next(): Promise<IteratorResult<Followed<unknown>, undefined>> {
    try {
      const value = this.#left ? undefined : this.#teller.tell(this.#place)
      if (value !== undefined) return Promise.resolve({ done: false, value })
    } catch (error) {
      return Promise.reject(error)
    }
    if (this.#left) return Promise.resolve({ done: true, value: undefined })
    this.#wake = Promise.withResolvers()
    return this.#wake.promise
  }

  return(): Promise<IteratorResult<Followed<unknown>, undefined>> {
    if (!this.#left) {
      this.#left = true
      this.#release?.()
      this.#teller.leave(this)
      this.wake()
    }
    return Promise.resolve({ done: true, value: undefined })
  }
}
