import type { Body } from '../body.ts'

/** Approximate overhead of a message in bytes, so that empty ones are bounded too. */
const overhead = 64

/** Bytes buffered before the service is paused. */
const window = 65_536

/**
 * The messages of a streamed reply, in order. The service sends no more than the reader takes (HTTP/2 flow control),
 * and learns when the reader stops: leaving a `for await` discards the rest. Throws the stream's failure.
 */
export function messages(body: Body): AsyncIterableIterator<Buffer> {
  const queue = new Queue(body)
  return {
    next: () => queue.next(),
    return: () => {
      body.destroy()
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

type Result = IteratorResult<Buffer, undefined>

/** One reader, one message at a time. */
class Queue {
  readonly #body: Body
  readonly #held: Buffer[] = []
  #size = 0
  #waiting: PromiseWithResolvers<Result> | undefined
  #end: { readonly error?: unknown } | undefined

  constructor(body: Body) {
    this.#body = body
    body.read({
      data: (message) => this.#add(message),
      end: () => this.#finish({}),
      fail: (error) => this.#finish({ error }),
    })
  }

  next(): Promise<Result> {
    const message = this.#held.shift()
    if (message === undefined) return this.#wait()
    const before = this.#size
    this.#size -= message.length + overhead
    if (before >= window && this.#size < window) this.#body.resume()
    return Promise.resolve({ done: false, value: message })
  }

  #add(message: Buffer): boolean {
    if (this.#waiting !== undefined) {
      this.#waiting.resolve({ done: false, value: message })
      this.#waiting = undefined
      return true
    }
    this.#held.push(message)
    this.#size += message.length + overhead
    return this.#size < window
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end = end
    // Messages before the end are still delivered; discarded ones are not.
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting !== undefined) this.#wait().then(waiting.resolve, waiting.reject)
  }

  #wait(): Promise<Result> {
    if (this.#end === undefined) return (this.#waiting = Promise.withResolvers<Result>()).promise
    return 'error' in this.#end ? Promise.reject(this.#end.error) : Promise.resolve({ done: true, value: undefined })
  }
}
