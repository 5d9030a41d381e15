import type { Socket } from 'node:net'
import type { SessionEnd, SocketSession } from '../exchange.ts'
import { closeFrame, WebSocketFrames } from './frames.ts'

/** Milliseconds the other side gets to finish after one side has ended. */
const linger = 2_000

/** Close code of the RFC 6455 §11.7 registry: service restart, reconnect. */
export const restart = 1_012
/** Our own close code: the user is no longer signed in. */
export const unproven = 4_401

/**
 * Relays bytes both ways between two sockets with backpressure, until one ends: its end is passed on, and both are
 * closed a moment later. When one breaks, or nothing moves for `idle` ms, both are destroyed at once. `head` is what
 * the upstream has sent already.
 *
 * Frames towards the client are tracked, so that our close frame lands between two messages.
 */
export function relay(client: Socket, upstream: Socket, idle: number, head: Buffer): SocketSession {
  return new Relay(client, upstream, idle, head)
}

class Relay implements SocketSession {
  why: SessionEnd | undefined
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #frames = new WebSocketFrames()
  #ending: NodeJS.Timeout | undefined
  #leaving = false
  /** Our close frame is sent: anything further from the upstream is dropped. */
  #over = false

  constructor(client: Socket, upstream: Socket, idle: number, head: Buffer) {
    this.#client = client
    this.#upstream = upstream
    this.#watch(client, upstream, idle, 'client')
    this.#watch(upstream, client, idle, 'upstream')
    // Both sides send a close frame; the first one tells who initiated it.
    const asked = new WebSocketFrames()
    client.on('data', (piece: Buffer) => {
      asked.push(piece)
      if (asked.closing) this.why ??= 'client'
    })
    client.pipe(upstream)
    if (head.length > 0) this.#pass(head)
    upstream.on('data', this.#pass).once('end', () => client.end())
    if (client.destroyed || upstream.destroyed) this.#cut()
  }

  /** The client's close frame goes on to the upstream, which then ends as usual. */
  leave(): void {
    if (this.#leaving || this.#client.destroyed) return
    this.why ??= 'draining'
    this.#leaving = true
    this.#cutSoon()
    if (this.#frames.between) this.#goodbye()
  }

  cut(): void {
    this.why ??= 'ended'
    this.#upstream.destroy()
    const { closing, between } = this.#frames
    // Bytes still buffered are no longer for this client.
    if (this.#over || closing || !between || this.#client.writableLength > 0) return this.#cut()
    this.#client.end(closeFrame(unproven, 'session over'))
    this.#cutSoon()
  }

  readonly #pass = (piece: Buffer): void => {
    if (this.#over) return
    const seen = this.#frames.push(piece, this.#leaving)
    if (this.#frames.closing) this.why ??= 'upstream'
    if (!this.#client.write(piece.subarray(0, seen))) {
      this.#upstream.pause()
      this.#client.once('drain', () => this.#upstream.resume())
    }
    if (this.#leaving && this.#frames.between) this.#goodbye()
  }

  #goodbye(): void {
    this.#over = true
    if (!this.#frames.closing) this.#client.write(closeFrame(restart, 'draining'))
  }

  #watch(one: Socket, other: Socket, idle: number, name: 'client' | 'upstream'): void {
    one.setNoDelay(true)
    one.setTimeout(idle, () => this.#cut('idle'))
    one.on('error', () => this.#cut(name))
    one.once('end', () => {
      this.why ??= name
      this.#cutSoon()
    })
    one.once('close', () => {
      this.why ??= name
      if (!one.readableEnded || other.destroyed) this.#cut()
    })
  }

  #cutSoon(): void {
    this.#ending ??= setTimeout(() => this.#cut(), linger)
  }

  #cut(why?: SessionEnd): void {
    this.why ??= why
    clearTimeout(this.#ending)
    this.#client.destroy()
    this.#upstream.destroy()
  }
}
