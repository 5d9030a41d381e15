import type { Duplex } from 'node:stream'
import type { Followed } from '../../contract.ts'
import type { Exchange } from '../../exchange.ts'
import { problem } from '../../problem.ts'
import { Fault, toProblem } from '../../road/fault.ts'
import { Scope } from '../../scope.ts'
import { complaint, type Told } from './messages.ts'

/** What happens under a topic after a revision, for one client. What it throws, at once or later, the client is told. */
export type Open = (topic: string, after: number, scope: Scope) => AsyncIterable<Followed<unknown>>

/** What a client is shown of an item. */
export type Show = (topic: string, item: unknown) => Promise<unknown>

interface Options {
  readonly exchange: Exchange
  readonly open: Open
  readonly show: Show
  /** Topics at a time. */
  readonly most: number
  readonly wire: Pick<Duplex, 'writableLength' | 'on' | 'off'>
  readonly tell: (told: Told) => void
}

/** Unsent bytes from which on no more is asked of any source: what piles up there is its own to bound, and it says so by `resync`. */
export const bound = 65_536

/** What one client follows. */
export class Topics {
  readonly #options: Options
  #followed: Map<string, Scope> | undefined

  constructor(options: Options) {
    this.#options = options
  }

  get size(): number {
    return this.#followed?.size ?? 0
  }

  /** From `after` on, whatever it has been following of it. */
  follow(topic: string, after: number): void {
    this.drop(topic)
    const followed = (this.#followed ??= new Map<string, Scope>())
    if (followed.size >= this.#options.most) {
      const { traceId } = this.#options.exchange
      return this.#options.tell(complaint(problem(429, 'too-many-topics'), traceId, topic))
    }
    const scope = new Scope()
    followed.set(topic, scope)
    void this.#pump(topic, after, scope)
  }

  drop(topic: string): void {
    const scope = this.#followed?.get(topic)
    this.#followed?.delete(topic)
    scope?.end(over)
  }

  end(): void {
    for (const topic of this.#followed?.keys() ?? []) this.drop(topic)
  }

  async #pump(topic: string, after: number, scope: Scope): Promise<void> {
    const { exchange, open, show, tell } = this.#options
    try {
      const steps = open(topic, after, scope)[Symbol.asyncIterator]()
      scope.onEnd(() => void steps.return?.().catch(() => undefined))
      for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
        if (scope.ended) return
        const one = step.value
        const { type, rev } = one
        // Whoever waits need not know why.
        if (type === 'lost') continue
        const data = type === 'item' ? await show(topic, one.item) : undefined
        if (scope.ended) return
        tell(type === 'item' ? { type: 'event', topic, rev, data } : { type, topic, rev })
        await this.#room(scope)
      }
      throw new Fault('aborted', topic, new Error('its source has come to an end'))
    } catch (error) {
      if (scope.ended) return
      const failed = toProblem(error)
      if (failed.status >= 500) exchange.log.warn({ traceId: exchange.traceId, topic, err: error }, 'topic ended early')
      tell(complaint(failed, exchange.traceId, topic))
      if (this.#followed?.get(topic) === scope) this.drop(topic)
    }
  }

  /** Resolves once the client has read enough, or follows it no more. */
  #room(scope: Scope): Promise<void> | undefined {
    const { wire } = this.#options
    if (wire.writableLength <= bound) return undefined
    return new Promise((resolve) => {
      const done = () => {
        wire.off('drain', done)
        release()
        resolve()
      }
      wire.on('drain', done)
      const release = scope.onEnd(done)
    })
  }
}

const over = new Fault('aborted', 'live', new Error('nobody follows it any more'))
