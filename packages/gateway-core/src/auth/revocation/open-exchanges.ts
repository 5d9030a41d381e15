import { Chain } from '../../chain.ts'
import type { Exchange, Identity } from '../../exchange.ts'
import type { Problem } from '../../problem.ts'
import type { Revoked } from './revoked.ts'
import { withdrawn } from './withdrawn.ts'

/** An exchange that can be ended early: with a problem before its response, by cutting its connection after. */
export interface OpenExchange extends Pick<Exchange, 'scope' | 'deadline'> {
  /** The current identity, if it authenticated again. */
  readonly identity?: Identity | undefined
  cut(reason: Problem): void
}

interface Admitted {
  readonly exchange: OpenExchange
  readonly identity: Identity
}

/**
 * Authenticated exchanges in progress: requests, streams and sockets. One sweep checks them all, so none needs a timer.
 */
export class OpenExchanges {
  readonly #revoked: Revoked
  readonly #clock: () => number
  readonly #admitted = new Chain<Admitted>()

  constructor(revoked: Revoked, clock: () => number) {
    this.#revoked = revoked
    this.#clock = clock
  }

  /** Throws a 401 if the identity is revoked; otherwise tracks the exchange until it ends or `sweep` ends it. */
  readonly admit = (exchange: OpenExchange, identity: Identity): void => {
    if (this.#revoked.has(identity)) throw withdrawn(identity)
    exchange.scope.onEnd(this.#admitted.add({ exchange, identity }))
  }

  /**
   * Ends revoked exchanges, and streams whose credential expired. A stream is what outlasts its deadline: a request
   * that began in time is answered.
   */
  sweep(): void {
    const now = this.#clock()
    const steady = performance.now()
    this.#admitted.forEach(({ exchange, identity: first }) => {
      const identity = exchange.identity ?? first
      const over = identity.expiresAt <= now && exchange.deadline <= steady
      if (over || this.#revoked.has(identity)) exchange.cut(withdrawn(identity))
    })
  }
}
