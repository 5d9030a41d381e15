import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { problem, type Problem } from '../problem.ts'

/**
 * A request body, streamed, at most `maxBytes` of it. Destroying it leaves the client's connection open, on which an
 * early response must still go out.
 */
export class Upload extends Readable {
  readonly #req: IncomingMessage
  readonly #maxBytes: number
  #size = 0
  /** Set when we cut it short. */
  refused: Problem | undefined

  constructor(req: IncomingMessage, maxBytes: number) {
    super()
    this.#req = req
    this.#maxBytes = maxBytes
    req.on('data', this.#data).on('end', this.#end).on('error', this.#fail).on('close', this.#fail).pause()
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
    if (this.#size > this.#maxBytes) this.destroy((this.refused = tooLarge(this.#maxBytes)))
    else if (!this.push(chunk)) this.#req.pause()
  }

  readonly #end = (): void => void this.push(null)

  readonly #fail = (error?: Error): void => {
    if (!this.readableEnded && !this.#req.complete) this.destroy(error ?? new Error('the client left'))
  }
}

/** `undefined` without a body; throws 413 at once when the announced length is too large. */
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
