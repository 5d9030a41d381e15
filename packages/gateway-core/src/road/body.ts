import { Fault } from './fault.ts'

/** Consumer of a body. */
export interface Sink {
  /** Returns `false` to pause until it calls `resume` on the body. */
  data(chunk: Buffer): boolean
  end(): void
  /** The body is incomplete; nothing more will come. */
  fail(error: Error): void
}

/** Producer of a body. */
export interface Source {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

/** Bytes buffered before the reader arrives, above which the source is paused. */
const patience = 65_536

const nowhere: Source = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

/**
 * The bytes of a reply, once, as they arrive. A Node stream costs three times as much, and is the largest single cost
 * of a small response.
 */
export class Body {
  /** Only its reader holds the chunks, so it may free a chunk's memory after use. Default no. */
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

  /** A body whose bytes are known. */
  static of(bytes: Buffer | string): Body {
    const body = new Body()
    if (bytes.length > 0) body.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
    body.finish()
    return body
  }

  /** From the source: the next chunk. */
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

  /** From the source: complete. */
  finish(): void {
    if (this.over) return
    this.#whole = true
    this.#tell()
    this.#sink?.end()
  }

  /** From the source: failed; buffered bytes are dropped. */
  fail(error: Error): void {
    if (this.over) return
    this.#held = []
    this.failAfter(error)
  }

  /** From the source: failed at the end. Buffered bytes are still read. */
  failAfter(error: Error): void {
    if (this.over) return
    this.#error = error
    this.#tell(error)
    this.#sink?.fail(error)
  }

  /** Called once, when the body is complete, failed or destroyed. */
  onOver(watcher: (error?: Error) => void): void {
    if (this.over) watcher(this.#error)
    else this.#watchers.push(watcher)
  }

  /** The whole body if it is complete and unread, as most are: it then needs one write. */
  take(): Buffer | undefined {
    if (!this.#whole || this.#sink !== undefined) return undefined
    const held = this.#held
    this.#held = []
    return held.length === 1 ? held[0] : Buffer.concat(held)
  }

  /** Reads it as it arrives. Only one reader. */
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

  /** The reader can take more. */
  resume(): void {
    if (!this.over) this.#source.resume()
  }

  /** The whole body, at most `maxBytes`. Rejects with its failure. */
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

  /** Discards the rest, and the connection with it. No effect on a body that is over. */
  destroy(reason: Error = discarded): void {
    if (this.over) return
    this.fail(reason)
    this.#source.abort(reason)
  }

  get over(): boolean {
    return this.#whole || this.#error !== undefined
  }

  #tell(error?: Error): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const watcher of watchers) watcher(error)
  }
}

/** Shared, as it describes no particular body. */
const discarded = new Error('nobody reads this body')
