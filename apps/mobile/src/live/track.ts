import type { OrderUpdate } from '@bff/contracts/mobile-live'

/** A followed order: its last known revision and the updates not yet read. */
export class Track implements AsyncIterableIterator<Update> {
  readonly id: string
  readonly #left: () => void
  #rev: number
  #unread: Update[] = []
  #wake: (() => void) | undefined
  #over: { readonly error?: unknown } | undefined

  constructor(id: string, after: number, left: () => void) {
    this.id = id
    this.#rev = after
    this.#left = left
  }

  /** The last revision received. */
  get rev(): number {
    return this.#rev
  }

  /** Ignores updates already received over another connection. */
  tell(update: Update): void {
    if (this.#over !== undefined || update.rev <= this.#rev) return
    this.#rev = update.rev
    this.#unread.push(update)
    this.#wake?.()
  }

  /** Ends the iteration after the unread updates; an error is thrown at that point. */
  end(over: { readonly error?: unknown } = {}): void {
    this.#over ??= over
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<Update, undefined>> {
    for (;;) {
      const value = this.#unread.shift()
      if (value !== undefined) return { done: false, value }
      if (this.#over !== undefined) {
        const { error } = this.#over
        this.#over = {}
        if (error !== undefined) throw error
        return { done: true, value: undefined }
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  return(): Promise<IteratorResult<Update, undefined>> {
    this.#unread = []
    this.end()
    this.#left()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** A state of an order. `skipped`: the states before it are no longer available. */
export interface Update extends Omit<OrderUpdate, 'at'> {
  /** Absent if the state was read rather than received as an event. */
  readonly at?: string
  readonly skipped?: true
}
