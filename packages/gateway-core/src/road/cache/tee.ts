import { Body } from '../body.ts'
import { Fault } from '../fault.ts'

/** Outcome of a copy: complete, over the limit, or failed. */
export type Copied = Buffer | 'too large' | Fault

/**
 * Streams a body on, and delivers a copy of at most `maxBytes` at its end. While copying it reads at the upstream's
 * pace, even without a reader, as others wait for the copy. Past `maxBytes` it is an ordinary body.
 */
export function tee(body: Body, maxBytes: number, upstream: string, copied: (outcome: Copied) => void): Body {
  const whole = body.take()
  if (whole === undefined) return new Tee(body, maxBytes, upstream, copied).body
  copied(whole.length > maxBytes ? 'too large' : compact([whole], whole.length))
  return Body.of(whole)
}

class Tee {
  readonly body: Body
  readonly #from: Body
  readonly #maxBytes: number
  readonly #upstream: string
  readonly #copied: (outcome: Copied) => void
  #chunks: Buffer[] = []
  #size = 0
  #copying = true
  #paused = false
  #left = false

  constructor(from: Body, maxBytes: number, upstream: string, copied: (outcome: Copied) => void) {
    this.#from = from
    this.#maxBytes = maxBytes
    this.#upstream = upstream
    this.#copied = copied
    this.body = new Body({
      pause: () => (this.#paused = true),
      resume: () => this.#resume(),
      abort: (reason) => this.#leave(reason),
    })
    from.read({
      data: (chunk) => this.#data(chunk),
      end: () => this.#end(),
      fail: (error) => this.#fail(error),
    })
  }

  #data(chunk: Buffer): boolean {
    if (this.#copying) this.#copy(chunk)
    this.body.push(chunk)
    return this.#copying || !this.#paused
  }

  #copy(chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size <= this.#maxBytes) {
      this.#chunks.push(chunk)
      return
    }
    this.#settle('too large')
    if (this.#left) this.#from.destroy()
  }

  #end(): void {
    // The copy first: listeners for the body's end may look it up.
    if (this.#copying) this.#settle(compact(this.#chunks, this.#size))
    this.body.finish()
  }

  #fail(error: Error): void {
    if (this.#copying) this.#settle(error instanceof Fault ? error : new Fault('reset', this.#upstream, error))
    this.body.fail(error)
  }

  #settle(outcome: Copied): void {
    this.#copying = false
    this.#chunks = []
    this.#copied(outcome)
  }

  #resume(): void {
    this.#paused = false
    if (!this.#copying) this.#from.resume()
  }

  #leave(reason: Error): void {
    this.#left = true
    if (!this.#copying) this.#from.destroy(reason)
  }
}

/** Exact-size copy: a chunk is a slice of a read of up to 64 KiB, all of which it would retain. */
function compact(chunks: readonly Buffer[], size: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const chunk of chunks) at += chunk.copy(bytes, at)
  return bytes
}

/** Drains a body so that its connection can be reused; destroys it past `maxBytes`. */
export function drain(body: Body, maxBytes: number): void {
  if (body.take() !== undefined) return
  let size = 0
  body.read({
    data(chunk) {
      size += chunk.length
      if (size > maxBytes) body.destroy()
      return true
    },
    end: () => undefined,
    fail: () => undefined,
  })
}
