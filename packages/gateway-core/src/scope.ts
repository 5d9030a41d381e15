import { Chain } from './chain.ts'
import { Problem } from './problem.ts'

type Listener = (reason: unknown) => void

/**
 * Work in progress: it ends once, with a reason, and cancels everything started inside it. An `AbortController` with a
 * listener costs as much as the rest of a filter; this costs nothing until `signal` is read.
 */
export class Scope {
  #ended = false
  #reason: unknown
  #listeners: Chain<Listener> | undefined
  #controller: AbortController | undefined
  #release: (() => void) | undefined

  get ended(): boolean {
    return this.#ended
  }

  /** Why it ended. */
  get reason(): unknown {
    return this.#reason
  }

  /** The same for platform APIs. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#ended) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Cancels the work. Only the first reason counts. */
  end(reason: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    const listeners = this.#listeners
    this.close()
    listeners?.forEach((listener) => listener(reason))
    this.#controller?.abort(reason)
  }

  /** Calls the listener once; immediately if it has ended already. Returns a function that removes it. */
  onEnd(listener: Listener): () => void {
    if (this.#ended) {
      listener(this.#reason)
      return () => undefined
    }
    return (this.#listeners ??= new Chain<Listener>()).add(listener)
  }

  /** A nested scope that ends with this one or sooner. The caller must `close` it. */
  child(): Scope {
    const inner = new Scope()
    inner.#release = this.onEnd((reason) => inner.end(reason))
    return inner
  }

  /** The work completed: it can no longer be cancelled. */
  close(): void {
    this.#listeners = undefined
    this.#release?.()
    this.#release = undefined
  }
}

/** The reason it was cancelled, if clients may see it: then everything that failed with it did so because of it. */
export const refusalOf = ({ reason }: Pick<Scope, 'reason'>): Problem | undefined =>
  reason instanceof Problem ? reason : undefined
