import type { Exchange } from '../exchange.ts'
import type { Asking, Heard } from '../road/asking.ts'
import { Scope } from '../scope.ts'
import type { UndoableWrite } from './mark.ts'

/** Milliseconds for all undos together. */
const undoBudget = 5_000

/** Reason that ends calls nobody waits for any more. */
const over = new Error('the screen has been answered')

/** One run of a screen. */
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

  /** Cancels every call in progress. */
  end(): void {
    this.scope.end(over)
  }

  /**
   * Undoes the writes of a failed screen, last first. Waits for a write in progress, as the outcome of a cut call is
   * unknown; runs even if the client has gone.
   */
  async undo(writes: readonly UndoableWrite[]): Promise<void> {
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
        log.error({ traceId, err }, 'a write of a failed screen was not undone')
      }
    }
    this.end()
  }
}
