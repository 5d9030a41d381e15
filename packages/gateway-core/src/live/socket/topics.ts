import type { Duplex } from 'node:stream'
import { problem } from '../../problem.ts'
import { Fault, toProblem } from '../../road/fault.ts'
import { Scope } from '../../scope.ts'
import { complaint, type ServerMessage } from './messages.ts'
import type { Client } from './rules.ts'

/** The owner of the topics. */
export interface TopicsOwner {
  readonly client: Client
  readonly wire: Pick<Duplex, 'writableLength' | 'on' | 'off'>
  tell(told: ServerMessage): void
}

/** Unsent bytes above which sources are not read: they bound their own backlog, and report losses by `resync`. */
export const bound = 65_536

/** The topics of one client. */
export class Topics {
  readonly #of: TopicsOwner
  #followed: Map<string, Scope> | undefined

  constructor(of: TopicsOwner) {
    this.#of = of
  }

  get size(): number {
    return this.#followed?.size ?? 0
  }

  /** Follows from `after`, replacing any earlier subscription. */
  follow(topic: string, after: number): void {
    this.drop(topic)
    const followed = (this.#followed ??= new Map<string, Scope>())
    const { exchange, rules } = this.#of.client
    if (followed.size >= rules.most)
      return this.#of.tell(complaint(problem(429, 'too-many-topics'), exchange.traceId, topic))
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
    const { client } = this.#of
    const { exchange, rules } = client
    try {
      const steps = rules.open(client, topic, after, scope)[Symbol.asyncIterator]()
      scope.onEnd(() => void steps.return?.().catch(() => undefined))
      for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
        if (scope.ended) return
        const one = step.value
        const { type, rev } = one
        // The client only needs to wait.
        if (type === 'lost') continue
        const data = type === 'item' ? await rules.show(topic, one.item) : undefined
        if (scope.ended) return
        this.#of.tell(type === 'item' ? { type: 'event', topic, rev, data } : { type, topic, rev })
        await this.#room(scope)
      }
      throw new Fault('aborted', topic, new Error('its source has come to an end'))
    } catch (error) {
      if (scope.ended) return
      const failed = toProblem(error)
      if (failed.status >= 500) exchange.log.warn({ traceId: exchange.traceId, topic, err: error }, 'topic ended early')
      this.#of.tell(complaint(failed, exchange.traceId, topic))
      if (this.#followed?.get(topic) === scope) this.drop(topic)
    }
  }

  /** Resolves once the client has read enough, or unfollows. */
  #room(scope: Scope): Promise<void> | undefined {
    const { wire } = this.#of
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

const over = new Fault('aborted', 'live', new Error('no longer followed'))
