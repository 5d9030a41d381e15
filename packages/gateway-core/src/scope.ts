import { Chain } from './chain.ts'
import { Problem } from './problem.ts'

type Listener = (reason: unknown) => void

/**
 * What is under way: it ends once, with a reason, and all that was begun inside it is called off. An `AbortController`
 * with a listener costs as much as the rest of a filter; this costs nothing until somebody asks for `signal`.
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

  /** The same, for what speaks the language of the platform. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#ended) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Call off what is under way. Only the first reason counts. */
  end(reason: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    const listeners = this.#listeners
    this.close()
    listeners?.forEach((listener) => listener(reason))
    this.#controller?.abort(reason)
  }

  /** Called once, at once when it has ended already. Returns what takes the listener away again. */
  onEnd(listener: Listener): () => void {
    if (this.#ended) {
      listener(this.#reason)
      return () => undefined
    }
    return (this.#listeners ??= new Chain<Listener>()).add(listener)
  }

  /** A part of it, that ends with it or sooner. Whoever makes one closes it. */
  child(): Scope {
    const inner = new Scope()
    inner.#release = this.onEnd((reason) => inner.end(reason))
    return inner
  }

  /** It came to its natural end: nothing can be called off any more. */
  close(): void {
    this.#listeners = undefined
    this.#release?.()
    this.#release = undefined
  }
}

/** Why it was ended before its time, if that is for its client to know: whatever failed with it did so for this. */
export const refusalOf = ({ reason }: Pick<Scope, 'reason'>): Problem | undefined =>
  reason instanceof Problem ? reason : undefined
