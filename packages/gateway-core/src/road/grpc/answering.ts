import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2'
import { Body } from '../body.ts'
import type { Call, Reply } from '../call.ts'
import { Fault, faultOf } from '../fault.ts'
import { detailsOf } from './details.ts'
import { FrameError, MessageFrames } from './frame.ts'
import { isUnseen, type KeptSession } from './line.ts'
import { codeOf, codeOfHttp, codeOfReset, codes, meaningOf } from './status.ts'

/** A service ended a message stream with an error, after its first message. */
export class StreamEnd extends Error {
  override readonly name = 'StreamEnd'
  readonly reply: Reply

  constructor(reply: Reply) {
    super(`ended with ${String(reply.headers['grpc-status'])}`)
    this.reply = reply
  }
}

export interface Limits {
  /** Largest message, in bytes. */
  readonly maxBytes: number
  /** Most milliseconds between two messages, while the reader takes them. */
  readonly idleTimeout: number
}

/**
 * One call on its HTTP/2 stream, until it is a reply: a unary one when complete, a streamed one at its first message.
 * Every gRPC status becomes a reply with the HTTP status of `status.ts`; only a call without any answer is a fault.
 */
export class Answering {
  readonly #call: Pick<Call, 'upstream' | 'scope' | 'streamed'>
  readonly #kept: KeptSession
  readonly #stream: ClientHttp2Stream
  readonly #limits: Limits
  readonly #frames: MessageFrames
  readonly #settle: (outcome: Reply | Fault) => void
  readonly #release: () => void
  #message: Buffer | undefined
  #body: Body | undefined
  #trailers: IncomingHttpHeaders | undefined
  #ended = false
  #error: unknown
  #silence: NodeJS.Timeout | undefined
  /** Further events are ignored. */
  #over = false

  /** `settle` is called once. */
  constructor(
    call: Pick<Call, 'upstream' | 'scope' | 'streamed'>,
    kept: KeptSession,
    stream: ClientHttp2Stream,
    limits: Limits,
    settle: (outcome: Reply | Fault) => void,
  ) {
    this.#call = call
    this.#kept = kept
    this.#stream = stream
    this.#limits = limits
    this.#frames = new MessageFrames(limits.maxBytes)
    this.#settle = settle
    kept.calls++
    this.#release = call.scope.onEnd((reason) => this.cancel(faultOf(reason, call.upstream, call.scope)))
    stream.on('response', (headers) => this.#head(headers))
    stream.on('data', (chunk: Buffer) => this.#data(chunk))
    stream.on('trailers', (trailers) => {
      this.#trailers = trailers
      if (this.#ended) this.#conclude(trailers)
    })
    stream.on('end', () => {
      this.#ended = true
      if (this.#trailers !== undefined) this.#conclude(this.#trailers)
    })
    stream.on('error', (error) => {
      this.#error = error
    })
    stream.on('close', () => this.#closed())
  }

  /** Cancels it, telling the service (RST_STREAM, CANCEL). */
  cancel(fault: Fault): void {
    this.#fail(fault)
    this.#stop()
  }

  #head(headers: IncomingHttpHeaders): void {
    this.#kept.answered = true
    this.#kept.heardAt = performance.now()
    const status = Number(headers[':status'])
    if (headers['grpc-status'] !== undefined) this.#trailers = headers
    else if (status !== 200) this.#refuse(codeOfHttp(status), `HTTP ${status}`)
    else if (!/^application\/grpc(?:$|[+;])/.test(String(headers['content-type'])))
      this.#refuse(codes.unknown, `content-type ${String(headers['content-type'])}`)
  }

  #data(chunk: Buffer): void {
    if (this.#over) return
    try {
      for (const message of this.#frames.push(chunk)) this.#take(message)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#refuse(codes.internal, error.message)
    }
  }

  #take(message: Buffer): void {
    if (this.#call.streamed) {
      this.#silence?.refresh()
      this.#open().push(message)
    } else if (this.#message === undefined) this.#message = message
    else this.#refuse(codes.internal, 'more than one message')
  }

  /** For streamed calls: the reply settles at the first message, or at the end. */
  #open(): Body {
    if (this.#body !== undefined) return this.#body
    const stream = this.#stream
    this.#body = new Body({
      pause: () => {
        clearTimeout(this.#silence)
        stream.pause()
      },
      resume: () => {
        this.#listen()
        stream.resume()
      },
      abort: (reason) => this.cancel(faultOf(reason, this.#call.upstream, this.#call.scope)),
    })
    this.#listen()
    this.#settle({ status: 200, headers: {}, body: this.#body, lasting: true })
    return this.#body
  }

  #listen(): void {
    clearTimeout(this.#silence)
    if (this.#over) return
    this.#silence = setTimeout(
      () => this.cancel(new Fault('timeout', this.#call.upstream, new Error('silence'))),
      this.#limits.idleTimeout,
    )
  }

  #conclude(trailers: IncomingHttpHeaders): void {
    if (this.#over) return
    const code = codeOf(trailers['grpc-status'])
    if (code !== codes.ok) return this.#finish(replyOf(code, trailers))
    if (!this.#frames.isBetween) return this.#refuse(codes.internal, 'half a message')
    if (this.#call.streamed) {
      const body = this.#open()
      this.#done()
      return body.finish()
    }
    const message = this.#message
    if (message === undefined) return this.#refuse(codes.internal, 'no message')
    const headers = { 'content-length': String(message.length), 'grpc-status': '0' }
    this.#finish({ status: 200, headers, body: Body.of(message) })
  }

  /** Always the last event of a stream. */
  #closed(): void {
    this.#release()
    this.#kept.calls--
    if (this.#kept.full && this.#kept.calls === 0) this.#kept.session.close()
    if (this.#over) return
    const { rstCode } = this.#stream
    const { session, lastStream, answered } = this.#kept
    // Node reports INTERNAL_ERROR also for what it did not send after a GOAWAY.
    const isLost = session.destroyed || (lastStream !== undefined && rstCode === constants.NGHTTP2_INTERNAL_ERROR)
    if (this.#trailers !== undefined) this.#conclude(this.#trailers)
    else if (isUnseen(this.#stream, this.#kept))
      this.#fail(new Fault('refused', this.#call.upstream, this.#error, { unseen: true }))
    else if (isLost) this.#fail(new Fault('reset', this.#call.upstream, this.#error, { reused: answered }))
    else if (rstCode !== 0) this.#refuse(codeOfReset(rstCode), `reset with ${rstCode}`)
    else this.#refuse(codes.internal, 'it ended without a status')
  }

  /** Unusable response: stands in a status of our own. */
  #refuse(code: number, why: string): void {
    this.#finish(replyOf(code, { 'grpc-message': why }))
    this.#stop()
  }

  #finish(reply: Reply): void {
    if (this.#over) return
    this.#done()
    if (this.#body === undefined) this.#settle(reply)
    else this.#body.failAfter(new StreamEnd(reply))
  }

  #fail(fault: Fault): void {
    if (this.#over) return
    this.#done()
    if (this.#body === undefined) this.#settle(fault)
    else this.#body.fail(fault)
  }

  #done(): void {
    this.#over = true
    clearTimeout(this.#silence)
  }

  #stop(): void {
    if (!this.#stream.closed) this.#stream.close(constants.NGHTTP2_CANCEL)
  }
}

/** Keeps the metadata that concerns the status. */
function replyOf(code: number, metadata: IncomingHttpHeaders): Reply {
  const headers: Record<string, string> = { 'content-length': '0', 'grpc-status': String(code) }
  for (const name of ['grpc-message', 'grpc-status-details-bin', 'grpc-retry-pushback-ms']) {
    const value = metadata[name]
    if (typeof value === 'string') headers[name] = value
  }
  if (code === codes.unavailable || code === codes.resourceExhausted) {
    const { retryAfter } = detailsOf(headers)
    if (retryAfter !== undefined) headers['grpc-retry-pushback-ms'] ??= String(Math.ceil(retryAfter))
  }
  return { status: roadStatus(code, headers['grpc-retry-pushback-ms']), headers, body: Body.of('') }
}

/** A service may be retried when it says so; never if it says never (gRFC A6: a negative number). */
function roadStatus(code: number, pushback: string | undefined): number {
  const { road } = meaningOf(code)
  if (pushback === undefined || (code !== codes.unavailable && code !== codes.resourceExhausted)) return road
  return /^\d{1,10}$/.test(pushback) ? 503 : Math.min(road, 500)
}
