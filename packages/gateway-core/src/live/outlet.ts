import type { ServerResponse } from 'node:http'
import type { Format } from './format.ts'

/** Milliseconds without a word after which one is said: below the 30 s and more of proxies, and the 15 s of some clients. */
const beatAfter = 10_000

/** Milliseconds a client may take no byte of what waits for it. */
const patience = 30_000

const headers = {
  'cache-control': 'no-store, no-transform',
  // nginx holds an answer back otherwise.
  'x-accel-buffering': 'no',
}

/** The client's end of a stream: one item at a time, each out before the next is asked for. */
export class Outlet implements Disposable {
  readonly #res: ServerResponse
  readonly #format: Format
  #beat: NodeJS.Timeout | undefined

  constructor(res: ServerResponse, format: Format) {
    this.#res = res
    this.#format = format
  }

  get begun(): boolean {
    return this.#res.headersSent
  }

  /** The head, at once: whoever waits for it learns that it is well. */
  begin(): void {
    if (this.begun) return
    this.#res.writeHead(200, { ...headers, 'content-type': this.#format.type })
    this.#res.flushHeaders()
    this.#beat = setInterval(() => this.#res.write(this.#format.beat), beatAfter)
  }

  /** Resolves once the client has room for more. One that takes nothing for too long is cut. */
  send(value: unknown): Promise<void> | undefined {
    this.begin()
    this.#beat?.refresh()
    if (this.#res.write(this.#format.item(value))) return undefined
    return new Promise((resolve) => {
      const stalled = setTimeout(() => this.#res.destroy(), patience)
      const done = () => {
        clearTimeout(stalled)
        this.#res.off('drain', done).off('close', done)
        resolve()
      }
      this.#res.on('drain', done).on('close', done)
    })
  }

  end(): void {
    this.begin()
    this.#res.end(this.#format.end)
  }

  /** It is too late for a status. */
  fail(body: unknown): void {
    this.#res.end(this.#format.problem(body))
  }

  /** It goes on elsewhere, in so many milliseconds. */
  leave(body: unknown, retry: number): void {
    this.#res.end(this.#format.away(body, retry))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat)
  }
}
