import type { Socket } from 'node:net'
import type { SessionEnd, SocketSession } from '../exchange.ts'
import { closeFrame, Frames } from './frames.ts'

/** Milliseconds the other side gets to say its last after one side has ended. */
const linger = 2_000

/** Of the registry of RFC 6455 §11.7: the service restarts, come back. */
export const restart = 1_012
/** Of our own: who opened it is not signed in any more. */
export const unproven = 4_401

/**
 * Pass bytes both ways between two sockets, each no faster than the other takes them, until one ends: its end is passed on,
 * and both are gone a moment later. When one breaks, or for `idle` ms nothing moves, both are destroyed at once. `head` is what
 * the upstream has said already.
 *
 * What goes to the client is followed frame by frame, so that a last word of ours stands between two messages and never inside
 * of one.
 */
export function relay(client: Socket, upstream: Socket, idle: number, head: Buffer): SocketSession {
  return new Relay(client, upstream, idle, head)
}

class Relay implements SocketSession {
  why: SessionEnd | undefined
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #frames = new Frames()
  #ending: NodeJS.Timeout | undefined
  #leaving = false
  /** Our last word is out: what the upstream still says is nobody's. */
  #over = false

  constructor(client: Socket, upstream: Socket, idle: number, head: Buffer) {
    this.#client = client
    this.#upstream = upstream
    this.#watch(client, upstream, idle, 'client')
    this.#watch(upstream, client, idle, 'upstream')
    // Whoever is asked to close answers, and a server closes the connection: the first word tells whose wish it was.
    const asked = new Frames()
    client.on('data', (piece: Buffer) => {
      asked.push(piece)
      if (asked.closing) this.why ??= 'client'
    })
    client.pipe(upstream)
    if (head.length > 0) this.#pass(head)
    upstream.on('data', this.#pass).once('end', () => client.end())
    if (client.destroyed || upstream.destroyed) this.#cut()
  }

  /** The client's own close frame goes on to the upstream, which then ends as after any goodbye. */
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
    // What waits for the client already is not for it any more.
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
