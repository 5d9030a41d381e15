import type { ServerResponse } from 'node:http'
import type { Format, Note } from './format.ts'

/** Milliseconds of silence before a heartbeat: below the 30 s and more of proxies, and the 15 s of some clients. */
const beatAfter = 10_000

/** Milliseconds a client may take to drain what is queued: at most a buffer and one item. */
const patience = 30_000

export const pulse = { heartbeat: beatAfter, stalled: patience }

/** Base reconnect delay in milliseconds, plus as many again at random: what broke for one broke for many. */
const reconnectDelay = 1_000

/** Milliseconds a client gets to read the last event. */
const parting = 500

const headers = {
  'cache-control': 'no-store, no-transform',
  // nginx would buffer the response.
  'x-accel-buffering': 'no',
  // For intermediaries that implement draft-ietf-httpbis-incremental.
  incremental: '?1',
}

/** The client's end of a stream: one item at a time, each sent before the next is requested. */
export class Outlet {
  readonly #res: ServerResponse
  readonly #format: Format
  readonly #began: () => void
  readonly #random: () => number
  /** `performance.now()` of the last write; undefined before the first. */
  #wroteAt: number | undefined

  constructor(res: ServerResponse, format: Format, began: () => void = () => undefined, random = Math.random) {
    this.#res = res
    this.#format = format
    this.#began = began
    this.#random = random
  }

  get begun(): boolean {
    return this.#res.headersSent
  }

  /** Sends the head at once, so that the client knows it is connected. */
  begin(): void {
    if (this.begun) return
    this.#res.writeHead(200, { ...headers, 'content-type': this.#format.type })
    this.#res.flushHeaders()
    this.#write(this.#format.begin(Math.round(reconnectDelay + this.#random() * reconnectDelay)))
    this.#began()
    this.#wroteAt = performance.now()
  }

  /** Called about once a second. */
  tick(now: number): void {
    if (this.#wroteAt === undefined || now - this.#wroteAt < beatAfter) return
    this.#wroteAt = now
    this.#write(this.#format.beat)
  }

  /** Resolves when the client has room for more. A client that takes nothing for too long is cut. */
  send(value: unknown, rev?: number): Promise<void> | undefined {
    return this.#say(this.#format.item(value, rev))
  }

  note(note: Note, rev: number): Promise<void> | undefined {
    return this.#say(this.#format.note(note, rev))
  }

  #say(text: string): Promise<void> | undefined {
    this.begin()
    this.#wroteAt = performance.now()
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

  /** 204: nothing now or later; an `EventSource` does not reconnect. */
  nothing(): void {
    this.#began()
    this.#res.writeHead(204, headers).end()
  }

  end(): void {
    this.begin()
    this.#res.end(this.#format.end)
  }

  /** For faults after the head. */
  fail(body: unknown): void {
    this.#res.end(this.#format.problem(body))
  }

  /** Immediate, also for a client that does not read: what it has not taken within `parting` it loses. */
  signOut(body: unknown): void {
    this.#res.end(this.#format.signedOut(body))
    const late = setTimeout(() => this.#res.destroy(), parting)
    this.#res.once('close', () => clearTimeout(late))
  }

  /** The stream continues elsewhere after `retry` milliseconds. */
  leave(body: unknown, retry: number): void {
    this.#res.end(this.#format.away(body, retry))
  }

  #write(text: string): boolean {
    return text === '' || this.#res.write(text)
  }
}
