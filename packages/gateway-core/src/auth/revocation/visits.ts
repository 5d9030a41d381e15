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

/** One link of a chain: to be put in and taken out costs a fifth of what it does with a `Set` of objects. */
interface Admitted {
  readonly visit: Visit
  readonly identity: Identity
  before: Admitted | undefined
  after: Admitted | undefined
}

/** Who is here now, signed in: requests under way, streams and sockets. They are looked through together, so none has a timer. */
export class Visits {
  readonly #revoked: Revoked
  readonly #clock: () => number
  #last: Admitted | undefined

  constructor(revoked: Revoked, clock: () => number) {
    this.#revoked = revoked
    this.#clock = clock
  }

  /** Throws a 401 for whoever has been withdrawn; the others stay until they leave or `sweep` finds them. */
  readonly admit = (visit: Visit, identity: Identity): void => {
    if (this.#revoked.has(identity)) throw withdrawn(identity)
    const admitted: Admitted = { visit, identity, before: this.#last, after: undefined }
    if (this.#last !== undefined) this.#last.after = admitted
    this.#last = admitted
    visit.scope.onEnd(() => this.#leave(admitted))
  }

  #leave({ before, after }: Admitted): void {
    if (before !== undefined) before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
  }

  /**
   * Ends what has been withdrawn, and streams whose proof has come to its end. A stream is what lasts longer than an answer may
   * take: a request that began in time is answered.
   */
  sweep(): void {
    const now = this.#clock()
    const steady = performance.now()
    for (let one = this.#last; one !== undefined; one = one.before) {
      const { visit } = one
      const identity = visit.identity ?? one.identity
      const over = identity.expiresAt <= now && visit.deadline <= steady
      if (over || this.#revoked.has(identity)) visit.cut(withdrawn(identity))
    }
  }
}
