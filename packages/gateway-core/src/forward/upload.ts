import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { Readable, type Writable } from 'node:stream'
import { problem, type Problem } from '../problem.ts'
import { release } from './release.ts'

/**
 * The body of a request, sent on as it comes, and at most `maxBytes` of it. Whoever reads it may let go of it without the
 * client's connection, on which an early answer must still go out.
 */
export class Upload extends Readable {
  readonly #req: IncomingMessage
  readonly #maxBytes: number
  #size = 0
  /** Sent on, and perhaps not written yet; in bytes, `#unreleased`. */
  readonly #sent: Buffer[] = []
  #unreleased = 0
  /** Where it is written to, once that is known. */
  #to: Writable | undefined
  /** Why it was cut short, when that was our doing. */
  refused: Problem | undefined

  constructor(req: IncomingMessage, maxBytes: number) {
    super()
    this.#req = req
    this.#maxBytes = maxBytes
    req.on('data', this.#data).on('end', this.#end).on('error', this.#fail).on('close', this.#fail).pause()
  }

  /** From now on it is written to this socket, by whoever reads it and by nobody else. */
  goesTo(socket: Writable): void {
    this.#to = socket
  }

  override _read(): void {
    this.#req.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#req.off('data', this.#data).off('end', this.#end).off('error', this.#fail).off('close', this.#fail).pause()
    done(error)
  }

  readonly #data = (chunk: Buffer): void => {
    this.#size += chunk.length
    if (this.#size > this.#maxBytes) return void this.destroy((this.refused = tooLarge(this.#maxBytes)))
    if (this.#to !== undefined) this.#track(chunk, this.#to)
    if (!this.push(chunk)) this.#req.pause()
  }

  /** What waits to be written is the last of what came: all before that is done with. */
  #track(chunk: Buffer, to: Writable): void {
    const waiting = this.readableLength + to.writableLength
    while (this.#sent.length > 0 && this.#unreleased - this.#sent[0]!.length >= waiting) {
      const written = this.#sent.shift()!
      this.#unreleased -= written.length
      release(written)
    }
    this.#sent.push(chunk)
    this.#unreleased += chunk.length
  }

  readonly #end = (): void => void this.push(null)

  readonly #fail = (error?: Error): void => {
    if (!this.readableEnded && !this.#req.complete) this.destroy(error ?? new Error('the client left'))
  }
}

// undici writes it, and tells nobody else to which socket.
subscribe('undici:client:sendHeaders', (message) => {
  const { request, socket } = message as { request: { body?: unknown }; socket: Writable }
  if (request.body instanceof Upload) request.body.goesTo(socket)
})

/** Nothing when the request has no body; 413 at once when it announces more than may come. */
export function uploadOf(req: IncomingMessage, maxBytes: number): Upload | undefined {
  const announced = Number(req.headers['content-length'] ?? 0)
  if (announced === 0 && req.headers['transfer-encoding'] === undefined) return undefined
  if (req.method === 'GET' || req.method === 'HEAD')
    throw problem(400, 'unexpected-body', { detail: `${req.method} takes no body.` })
  if (announced > maxBytes) throw tooLarge(maxBytes)
  return new Upload(req, maxBytes)
}

const tooLarge = (maxBytes: number): Problem =>
  problem(413, 'content-too-large', { detail: `At most ${maxBytes} bytes.`, headers: { connection: 'close' } })
