import type { Exchange } from '../exchange.ts'
import type { Asking, Heard } from '../road/asking.ts'
import { Scope } from '../scope.ts'
import type { Lasting } from './mark.ts'

/** Milliseconds that taking back what was written may take. */
const undoBudget = 5_000

/** Why a call that nobody waits for any more ends. */
const over = new Error('the screen has been answered')

/** One screen while it is made. */
export class Run implements Asking {
  readonly exchange: Exchange
  readonly start = performance.now()
  readonly heard: Heard[] = []
  scope: Scope
  until: number
  #gathering: Map<string, unknown> | undefined

  constructor(exchange: Exchange) {
    this.exchange = exchange
    this.scope = exchange.scope.child()
    this.until = exchange.deadline
  }

  get gathering(): Map<string, unknown> {
    return (this.#gathering ??= new Map())
  }

  /** Ends every call that is still under way. */
  end(): void {
    this.scope.end(over)
  }

  /**
   * The screen has failed: take back what it wrote, the last first. A write under way is waited for, since a call that is cut
   * leaves nobody knowing; and that the client may have gone is no reason to leave it.
   */
  async undo(writes: readonly Lasting[]): Promise<void> {
    const outcomes = await Promise.allSettled(writes.map(({ part }) => part))
    this.end()
    this.scope = new Scope()
    this.until = performance.now() + undoBudget
    for (const [i, { undo }] of [...writes.entries()].toReversed()) {
      const outcome = outcomes[i]!
      if (outcome.status === 'rejected') continue
      try {
        await undo(outcome.value)
      } catch (err) {
        const { traceId, log } = this.exchange
        log.error({ traceId, err }, 'a write of a failed screen was not taken back')
      }
    }
    this.end()
  }
}
