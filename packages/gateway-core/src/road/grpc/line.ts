import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'
import type { Endpoint } from '../discover/address.ts'

/** Milliseconds of silence with calls in flight before a connection is pinged. */
const patience = 30_000

/** Milliseconds for the answer to a ping. */
const pingTimeout = 5_000

/** Milliseconds without calls before a connection is closed. */
const idle = 300_000

/** Largest head or trailer, in bytes. */
const maxHead = 16_384

/** One HTTP/2 connection and its state. */
export interface KeptSession {
  readonly session: ClientHttp2Session
  /** It has answered at least once. */
  answered: boolean
  /** `performance.now()` of its last response. */
  heardAt: number
  /** Last stream processed before a GOAWAY (RFC 9113 §6.8). Undefined: no GOAWAY yet. */
  lastStream: number | undefined
  calls: number
  /**
   * It reached its stream limit: it closes after its last stream. Closing now would refuse streams about to be sent.
   */
  full: boolean
}

/**
 * The HTTP/2 connection to one address. New calls share one: it is opened by the first, kept, pinged when silent too
 * long, and replaced after a GOAWAY; its streams may finish. The service limits concurrent streams
 * (SETTINGS_MAX_CONCURRENT_STREAMS); further calls wait on the connection or, where that could take hours, get another
 * one.
 */
export class Line implements AsyncDisposable {
  readonly #origin: string
  readonly #dial: () => Promise<Socket>
  readonly #beyond: 'wait' | 'another'
  readonly #all = new Set<ClientHttp2Session>()
  #kept: KeptSession | undefined
  #making: Promise<KeptSession> | undefined
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

  /** The connection for a new call. Rejects if none can be made. */
  get(): KeptSession | Promise<KeptSession> {
    const kept = this.#kept
    if (kept !== undefined && this.isFull(kept)) this.#kept = undefined
    else if (kept !== undefined && !kept.session.closed && !kept.session.destroyed) return kept
    return (this.#making ??= this.#make().finally(() => (this.#making = undefined)))
  }

  /** Whether a call needs another connection: others may have filled this one since it was returned. */
  isFull(kept: KeptSession): boolean {
    if (this.#beyond === 'wait') return false
    const { calls, session } = kept
    kept.full ||= calls >= Math.max(1, session.remoteSettings.maxConcurrentStreams ?? Infinity)
    return kept.full
  }

  /** Retires a connection: new calls use another. */
  leave(kept: KeptSession): void {
    if (this.#kept === kept) this.#kept = undefined
    if (!kept.session.closed) kept.session.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const session of this.#all) session.destroy()
    await this.#making?.catch(() => undefined)
    for (const session of this.#all) session.destroy()
  }

  async #make(): Promise<KeptSession> {
    const socket = await this.#dial()
    if ('alpnProtocol' in socket && socket.alpnProtocol !== 'h2') {
      socket.destroy()
      throw new Error(`it speaks ${String(socket.alpnProtocol)}, not h2`)
    }
    const session = connect(this.#origin, {
      createConnection: () => socket,
      settings: { enablePush: false, maxHeaderListSize: maxHead },
      maxHeaderListPairs: 256,
      // MiB: room for as many of the largest messages as a policy lets through at once.
      maxSessionMemory: 256,
    })
    const kept: KeptSession = {
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

  #watch(kept: KeptSession, socket: Socket): void {
    const { session } = kept
    this.#all.add(session)
    const stop = this.#ask(kept, socket)
    // Each call learns of errors from its own stream.
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

  /** Regularly checks whether it is alive and used. */
  #ask(kept: KeptSession, socket: Socket): () => void {
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

/** Resolves when the service has sent its stream limit, in its first frame, or has hung up. */
const settings = (session: ClientHttp2Session): Promise<void> =>
  new Promise((resolve) => {
    session.once('remoteSettings', () => resolve()).once('close', () => resolve())
  })

const defaultPort = (protocol: string): string => (protocol === 'https:' ? '443' : '80')

/** Whether the service certainly did not process it: it said so, or sent GOAWAY before (RFC 9113 §8.7). */
export const isUnseen = (stream: ClientHttp2Stream, kept: KeptSession): boolean =>
  stream.rstCode === constants.NGHTTP2_REFUSED_STREAM ||
  stream.id === undefined ||
  (kept.lastStream !== undefined && stream.id > kept.lastStream)
