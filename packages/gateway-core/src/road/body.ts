import { Fault } from './fault.ts'

/** Where a body goes. */
export interface Sink {
  /** `false` when it wants no more until it has called `resume` on the body. */
  data(chunk: Buffer): boolean
  end(): void
  /** Nothing more will come, and what came is not the whole. */
  fail(error: Error): void
}

/** Where a body comes from. */
export interface Source {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

/** Bytes held for a reader who has not come yet, before the source is told to wait. */
const patience = 65_536

const nowhere: Source = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

/**
 * The bytes of a reply, once, as they arrive. A stream of Node's does the same for three times the price, which is the
 * largest single cost of a small answer.
 */
export class Body {
  /** Nobody but its reader has the chunks: once done with one, it may give its memory back. Default no. */
  readonly readOnce: boolean
  readonly #source: Source
  #held: Buffer[] = []
  #size = 0
  #sink: Sink | undefined
  #whole = false
  #error: Error | undefined
  #watchers: ((error?: Error) => void)[] = []

  constructor(source: Source = nowhere, readOnce = false) {
    this.#source = source
    this.readOnce = readOnce
  }

  /** A body that is there already. */
  static of(bytes: Buffer | string): Body {
    const body = new Body()
    if (bytes.length > 0) body.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    body.finish()
    return body
  }

  /** From the source: one more piece. */
  push(chunk: Buffer): void {
    if (this.#error !== undefined) return
    if (this.#sink !== undefined) {
      if (!this.#sink.data(chunk)) this.#source.pause()
      return
    }
    this.#held.push(chunk)
    this.#size += chunk.length
    if (this.#size > patience) this.#source.pause()
  }

  /** From the source: that was all. */
  finish(): void {
    if (this.over) return
    this.#whole = true
    this.#tell()
    this.#sink?.end()
  }

  /** From the source: the rest is lost. */
  fail(error: Error): void {
    if (this.over) return
    this.#held = []
    this.failAfter(error)
  }

  /** From the source: that was all, and it ended badly. What is held is still read. */
  failAfter(error: Error): void {
    if (this.over) return
    this.#error = error
    this.#tell(error)
    this.#sink?.fail(error)
  }

  /** Called once, when the source is through with it: whole, failed, or thrown away. */
  onOver(watcher: (error?: Error) => void): void {
    if (this.over) watcher(this.#error)
    else this.#watchers.push(watcher)
  }

  /** All of it, when all of it is here and nobody reads it yet: most answers are, and need one write. */
  take(): Buffer | undefined {
    if (!this.#whole || this.#sink !== undefined) return undefined
    const held = this.#held
    this.#held = []
    return held.length === 1 ? held[0] : Buffer.concat(held)
  }

  /** Read it as it comes. There is one reader only. */
  read(sink: Sink): void {
    const failed = this.#error
    this.#sink = sink
    const held = this.#held
    this.#held = []
    let room = true
    for (const chunk of held) room = sink.data(chunk) && room
    if (failed !== undefined) return sink.fail(failed)
    if (this.#error !== undefined) return
    if (this.#whole) sink.end()
    else if (room) this.resume()
  }

  /** The reader has room again. */
  resume(): void {
    if (!this.over) this.#source.resume()
  }

  /** All of it, at most `maxBytes`. Rejects with what it failed of. */
  bytes(maxBytes: number, upstream: string): Promise<Buffer> {
    const here = this.take()
    const tooMuch = () => new Fault('malformed', upstream, new Error(`more than ${maxBytes} bytes`))
    if (here !== undefined) return here.length > maxBytes ? Promise.reject(tooMuch()) : Promise.resolve(here)
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let size = 0
      this.read({
        data: (chunk) => {
          size += chunk.length
          chunks.push(chunk)
          if (size > maxBytes) this.destroy(tooMuch())
          return true
        },
        end: () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)),
        fail: reject,
      })
    })
  }

  /** Throw the rest away, and the connection with it. Nothing happens when there is no rest. */
  destroy(reason: Error = discarded): void {
    if (this.over) return
    this.fail(reason)
    this.#source.abort(reason)
  }

  /** Nothing more will come. */
  get over(): boolean {
    return this.#whole || this.#error !== undefined
  }

  #tell(error?: Error): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const watcher of watchers) watcher(error)
  }
}

/** Made once: it says nothing about any one body. */
const discarded = new Error('nobody reads this body')
