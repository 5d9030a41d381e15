import type { OrderUpdate } from '@bff/contracts/mobile-live'

/** One order that is followed: what is known of it, and what nobody has read yet. */
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

  /** The last revision that it was told. */
  get rev(): number {
    return this.#rev
  }

  /** What comes again, over another line, is passed over. */
  tell(update: Update): void {
    if (this.#over !== undefined || update.rev <= this.#rev) return
    this.#rev = update.rev
    this.#unread.push(update)
    this.#wake?.()
  }

  /** Nothing more comes; with an error, that is why. What was told before is read first. */
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

/** A state of an order. `skipped`: those between the last and this can no longer be told. */
export interface Update extends Omit<OrderUpdate, 'at'> {
  /** Absent where the state was read and not told. */
  readonly at?: string
  readonly skipped?: true
}
