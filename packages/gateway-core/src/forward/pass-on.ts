import type { ServerResponse } from 'node:http'
import type { Body } from '../road/body.ts'
import { release } from './release.ts'

/** Bytes up to which an answer goes out in one piece with its head. */
const small = 16_384

/** Bytes that may wait for the client, before the upstream waits too. */
const window = 262_144

/** Milliseconds a client has to take what waits for it, once that is all that may. */
const longest = 30_000

/** Send a body on as it comes. Resolves once it is out or cut (`undefined`: it is out already): half of one must not look whole, so its connection dies with it. */
export function passOn(
  body: Body,
  res: ServerResponse,
  cut: (error: Error) => void,
  patience = longest,
): Promise<void> | undefined {
  const whole = body.take()
  if (whole === undefined) return stream(body, res, cut, patience)
  // As text, node puts a small body and the head into one write; as bytes they are two.
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
