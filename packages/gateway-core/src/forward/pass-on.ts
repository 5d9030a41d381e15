import type { ServerResponse } from 'node:http'
import type { Body } from '../road/body.ts'
import { release } from './release.ts'

/** Largest body, in bytes, sent in one write with its head. */
const small = 16_384

/** Bytes buffered for the client before the upstream is paused. */
const window = 262_144

/** Milliseconds a client may take to drain a full buffer. */
const longest = 30_000

/**
 * Streams a body to the client. Resolves once it is sent or cut (`undefined`: it is sent already). A truncated body
 * must not look whole, so its connection is destroyed.
 */
export function passOn(
  body: Body,
  res: ServerResponse,
  cut: (error: Error) => void,
  patience = longest,
): Promise<void> | undefined {
  const whole = body.take()
  if (whole === undefined) return stream(body, res, cut, patience)
  // Node writes head and body at once if the body is text; bytes take two writes.
  if (whole.length <= small) res.end(whole.toString('latin1'), 'latin1')
  else res.end(whole)
  return undefined
}

const stream = (body: Body, res: ServerResponse, cut: (error: Error) => void, patience: number): Promise<void> =>
  new Promise((resolve) => {
    let stalled: NodeJS.Timeout | undefined
    let begun = false
    res.on('drain', () => {
      clearTimeout(stalled)
      stalled = undefined
      body.resume()
    })
    res.once('close', () => {
      clearTimeout(stalled)
      body.destroy()
      resolve()
    })
    const written = (chunk: Buffer) => (body.readOnce ? (error?: Error | null) => error ?? release(chunk) : undefined)
    body.read({
      data(chunk) {
        begun = true
        if (res.write(chunk, written(chunk)) || res.writableLength < window) return true
        stalled ??= setTimeout(() => res.destroy(), patience)
        return false
      },
      end: () => res.end(),
      fail(error) {
        cut(error)
        res.destroy()
      },
    })
    if (!begun) res.flushHeaders()
  })
