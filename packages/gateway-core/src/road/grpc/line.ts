import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { Endpoint } from '../discover/address.ts'

/** Silence after which a connection with calls under way is asked whether it is still there. */
const patience = 30_000

/** An answer to that must come within. */
const pingTimeout = 5_000

/** Without calls for so long, a connection is given up. */
const idle = 300_000

/** Bytes of one head or trailer. */
const maxHead = 16_384

/** One HTTP/2 connection, and what is known about it. */
export interface Kept {
  readonly session: ClientHttp2Session
  /** It has answered before. */
  answered: boolean
  /** `performance.now()` at which it last did. */
  heardAt: number
  /** Streams above this were not looked at (RFC 9113 §6.8). Undefined: it was not told to go away. */
  lastStream: number | undefined
  calls: number
  /** It had as many as it may: it ends with the last of them. To close it now would refuse those that are about to be sent. */
  full: boolean
}

/**
 * The HTTP/2 connection to one address. There is one at a time for new calls: it is made with the first, kept, asked whether
 * it is there when it has been silent too long, and left for a new one when it is told to go away (GOAWAY); what is under way
 * on it may finish. As many calls are under way at once as the service allows (SETTINGS_MAX_CONCURRENT_STREAMS), the others
 * wait their turn on the connection or, where that could take hours, get another one.
 */
export class Line implements AsyncDisposable {
  readonly #origin: string
  readonly #dial: () => Promise<Socket>
  readonly #beyond: 'wait' | 'another'
  readonly #all = new Set<ClientHttp2Session>()
  #kept: Kept | undefined
  #making: Promise<Kept> | undefined
  #patience = patience
  #closed = false

  constructor(
    { origin, hostname, connect }: Pick<Endpoint, 'origin' | 'hostname' | 'connect'>,
    timeout: number,
    beyond: 'wait' | 'another' = 'wait',
  ) {
    const { protocol, port } = new URL(origin)
    const connector = buildConnector({ ...connect, timeout, allowH2: true, preferH2: true })
    this.#origin = origin
    this.#beyond = beyond
    this.#dial = () =>
      new Promise((resolve, reject) => {
        connector({ protocol, hostname, host: hostname, port: port || defaultPort(protocol) }, (...[error, socket]) =>
          error === null ? resolve(socket) : reject(error),
        )
      })
  }

  /** The connection for a new call. Rejects when there cannot be one. */
  get(): Kept | Promise<Kept> {
    const kept = this.#kept
    if (kept !== undefined && this.isFull(kept)) this.#kept = undefined
    else if (kept !== undefined && !kept.session.closed && !kept.session.destroyed) return kept
    return (this.#making ??= this.#make().finally(() => (this.#making = undefined)))
  }

  /** Whether a call has to ask for another: since it got this one, others may have come before it. */
  isFull(kept: Kept): boolean {
    if (this.#beyond === 'wait') return false
    const { calls, session } = kept
    kept.full ||= calls >= Math.max(1, session.remoteSettings.maxConcurrentStreams ?? Infinity)
    return kept.full
  }

  /** New calls go over another. */
  leave(kept: Kept): void {
    if (this.#kept === kept) this.#kept = undefined
    if (!kept.session.closed) kept.session.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const session of this.#all) session.destroy()
    await this.#making?.catch(() => undefined)
    for (const session of this.#all) session.destroy()
  }

  async #make(): Promise<Kept> {
    const socket = await this.#dial()
    if ('alpnProtocol' in socket && socket.alpnProtocol !== 'h2') {
      socket.destroy()
      throw new Error(`it speaks ${String(socket.alpnProtocol)}, not h2`)
    }
    const session = connect(this.#origin, {
      createConnection: () => socket,
      settings: { enablePush: false, maxHeaderListSize: maxHead },
      maxHeaderListPairs: 256,
      // MiB: as many of the largest messages may be on their way out as a policy lets through at a time.
      maxSessionMemory: 256,
    })
    const kept: Kept = {
      session,
      answered: false,
      heardAt: performance.now(),
      lastStream: undefined,
      calls: 0,
      full: false,
    }
    this.#watch(kept, socket)
    if (this.#beyond === 'another') await settings(session)
    if (this.#closed) session.destroy()
    else this.#kept = kept
    return kept
  }

  #watch(kept: Kept, socket: Socket): void {
    const { session } = kept
    this.#all.add(session)
    const stop = this.#ask(kept, socket)
    // What goes wrong, each call learns from its own stream.
    session.on('error', () => undefined)
    session.on('goaway', (code, lastStream) => {
      kept.lastStream = lastStream
      if (code === constants.NGHTTP2_ENHANCE_YOUR_CALM) this.#patience *= 2
      this.leave(kept)
    })
    session.once('close', () => {
      stop()
      this.#all.delete(session)
      if (this.#kept === kept) this.#kept = undefined
    })
  }

  /** Every so often: whether it is there, and whether it is of any use. */
  #ask(kept: Kept, socket: Socket): () => void {
    let heard = -1
    let idleSince = performance.now()
    let late: NodeJS.Timeout | undefined
    const timer = setInterval(() => {
      const now = performance.now()
      if (kept.calls > 0) idleSince = now
      else if (now - idleSince >= idle) return this.leave(kept)
      if (kept.calls > 0 && socket.bytesRead === heard) {
        late = setTimeout(() => kept.session.destroy(new Error('no answer to a ping')), pingTimeout).unref()
        kept.session.ping(() => clearTimeout(late))
      }
      heard = socket.bytesRead
    }, this.#patience).unref()
    return () => {
      clearInterval(timer)
      clearTimeout(late)
    }
  }
}

/** Resolves when the service has said how many streams it takes, which it says first, or has hung up. */
const settings = (session: ClientHttp2Session): Promise<void> =>
  new Promise((resolve) => {
    session.once('remoteSettings', () => resolve()).once('close', () => resolve())
  })

const defaultPort = (protocol: string): string => (protocol === 'https:' ? '443' : '80')

/** Whether the service cannot have looked at it: it said so, or was told to go away before (RFC 9113 §8.7). */
export const isUnseen = (stream: ClientHttp2Stream, kept: Kept): boolean =>
  stream.rstCode === constants.NGHTTP2_REFUSED_STREAM ||
  stream.id === undefined ||
  (kept.lastStream !== undefined && stream.id > kept.lastStream)
