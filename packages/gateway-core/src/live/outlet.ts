import type { ServerResponse } from 'node:http'
import type { Format, Note } from './format.ts'

/** Milliseconds without a word after which one is said: below the 30 s and more of proxies, and the 15 s of some clients. */
const beatAfter = 10_000

/** Milliseconds in which a client must have taken what waits for it: no more than a buffer and one item. */
const patience = 30_000

export const pulse = { heartbeat: beatAfter, stalled: patience }

/** Milliseconds after which to connect again when it breaks, and as many more at random: what broke for one broke for many. */
const again = 1_000

/** Milliseconds a client gets to read its last word. */
const parting = 500

const headers = {
  'cache-control': 'no-store, no-transform',
  // nginx holds an answer back otherwise.
  'x-accel-buffering': 'no',
  // And so may whoever knows draft-ietf-httpbis-incremental.
  incremental: '?1',
}

/** The client's end of a stream: one item at a time, each out before the next is asked for. */
export class Outlet {
  readonly #res: ServerResponse
  readonly #format: Format
  readonly #began: () => void
  readonly #random: () => number
  /** `performance.now()` of the last word; undefined before the first. */
  #spoken: number | undefined

  constructor(res: ServerResponse, format: Format, began: () => void = () => undefined, random = Math.random) {
    this.#res = res
    this.#format = format
    this.#began = began
    this.#random = random
  }

  get begun(): boolean {
    return this.#res.headersSent
  }

  /** The head, at once: whoever waits for it learns that it is well. */
  begin(): void {
    if (this.begun) return
    this.#res.writeHead(200, { ...headers, 'content-type': this.#format.type })
    this.#res.flushHeaders()
    this.#write(this.#format.begin(Math.round(again + this.#random() * again)))
    this.#began()
    this.#spoken = performance.now()
  }

  /** To be called about once a second. */
  tick(now: number): void {
    if (this.#spoken === undefined || now - this.#spoken < beatAfter) return
    this.#spoken = now
    this.#write(this.#format.beat)
  }

  /** Resolves once the client has room for more. One that takes nothing for too long is cut. */
  send(value: unknown, rev?: number): Promise<void> | undefined {
    return this.#say(this.#format.item(value, rev))
  }

  note(note: Note, rev: number): Promise<void> | undefined {
    return this.#say(this.#format.note(note, rev))
  }

  #say(text: string): Promise<void> | undefined {
    this.begin()
    this.#spoken = performance.now()
    if (this.#write(text)) return undefined
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

  /** There is nothing to tell, and there never will be: an `EventSource` does not ask again. */
  nothing(): void {
    this.#began()
    this.#res.writeHead(204, headers).end()
  }

  end(): void {
    this.begin()
    this.#res.end(this.#format.end)
  }

  /** It is too late for a status. */
  fail(body: unknown): void {
    this.#res.end(this.#format.problem(body))
  }

  /** At once, also for a client that reads nothing: what it has not taken a moment later it does not get. */
  signOut(body: unknown): void {
    this.#res.end(this.#format.signedOut(body))
    const late = setTimeout(() => this.#res.destroy(), parting)
    this.#res.once('close', () => clearTimeout(late))
  }

  /** It goes on elsewhere, in so many milliseconds. */
  leave(body: unknown, retry: number): void {
    this.#res.end(this.#format.away(body, retry))
  }

  #write(text: string): boolean {
    return text === '' || this.#res.write(text)
  }
}
