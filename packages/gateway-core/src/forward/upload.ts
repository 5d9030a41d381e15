import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { problem, type Problem } from '../problem.ts'

export interface Upload {
  readonly body: Readable
  /** Why it was cut short, when that was our doing. */
  refusal(): Problem | undefined
}

/**
 * The body of a request, to be sent on as it comes and at most `maxBytes` of it: 413 at once when it announces more. Whoever
 * reads it may let go of it without the client's connection, on which an early answer must still go out.
 */
export function uploadOf(req: IncomingMessage, maxBytes: number): Upload | undefined {
  const announced = Number(req.headers['content-length'] ?? 0)
  if (announced === 0 && req.headers['transfer-encoding'] === undefined) return undefined
  if (req.method === 'GET' || req.method === 'HEAD')
    throw problem(400, 'unexpected-body', { detail: `${req.method} takes no body.` })
  if (announced > maxBytes) throw tooLarge(maxBytes)
  let refused: Problem | undefined
  async function* pieces() {
    let size = 0
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw (refused = tooLarge(maxBytes))
      yield chunk
    }
  }
  return { body: Readable.from(pieces(), { objectMode: false }), refusal: () => refused }
}

const tooLarge = (maxBytes: number): Problem =>
  problem(413, 'content-too-large', { detail: `At most ${maxBytes} bytes.`, headers: { connection: 'close' } })
