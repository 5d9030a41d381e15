import { Chain } from '../../chain.ts'
import type { Exchange, Identity } from '../../exchange.ts'
import type { Problem } from '../../problem.ts'
import type { Revoked } from './revoked.ts'
import { withdrawn } from './withdrawn.ts'

/** An exchange that can be ended before its time: with an answer while it has none, else by cutting its connection. */
export interface Visit extends Pick<Exchange, 'scope' | 'deadline'> {
  /** Who it is by now, where it has proved itself again. */
  readonly identity?: Identity | undefined
  cut(reason: Problem): void
}

interface Admitted {
  readonly visit: Visit
  readonly identity: Identity
}

/** Who is here now, signed in: requests under way, streams and sockets. They are looked through together, so none has a timer. */
export class Visits {
  readonly #revoked: Revoked
  readonly #clock: () => number
  readonly #admitted = new Chain<Admitted>()

  constructor(revoked: Revoked, clock: () => number) {
    this.#revoked = revoked
    this.#clock = clock
  }

  /** Throws a 401 for whoever has been withdrawn; the others stay until they leave or `sweep` finds them. */
  readonly admit = (visit: Visit, identity: Identity): void => {
    if (this.#revoked.has(identity)) throw withdrawn(identity)
    visit.scope.onEnd(this.#admitted.add({ visit, identity }))
  }

  /**
   * Ends what has been withdrawn, and streams whose proof has come to its end. A stream is what lasts longer than an answer may
   * take: a request that began in time is answered.
   */
  sweep(): void {
    const now = this.#clock()
    const steady = performance.now()
    this.#admitted.forEach(({ visit, identity: first }) => {
      const identity = visit.identity ?? first
      const over = identity.expiresAt <= now && visit.deadline <= steady
      if (over || this.#revoked.has(identity)) visit.cut(withdrawn(identity))
    })
  }
}
