import type { IncomingMessage, ServerResponse } from 'node:http'
import { linger, refusal, interrupt } from './refuse.ts'
import { interval, type ServerLimits } from './server-limits.ts'

interface Mark {
  readonly res: ServerResponse
  at: number
  bytes: number
}

/** Bodies that are still on their way to a server. */
export interface Bodies extends Disposable {
  /** From now on this body must come fast enough; what is left of it when the answer is out is dealt with. */
  watch(req: IncomingMessage, res: ServerResponse): void
  /** Its answer is written; called before node hears of that. */
  answered(req: IncomingMessage): void
  /** Refuse those that have been too slow (408). Called once a second. */
  sweep(): void
}

/**
 * Look after bodies that come slowly or that nobody wants. One timer for all of them. A body that waits for us, because its
 * upstream takes no more, is never late.
 */
export function bodies(limits: ServerLimits, now: () => number = () => performance.now()): Bodies {
  const marks = new Map<IncomingMessage, Mark>()
  const sweep = () => {
    const time = now()
    for (const [req, mark] of marks) {
      if (req.complete || req.socket.destroyed) marks.delete(req)
      else if (req.readableLength >= req.readableHighWaterMark) remark(req, mark, time)
      else if (time - mark.at >= limits.bodyWindow) {
        const enough = (limits.bodyRate * (time - mark.at)) / 1_000
        if (req.socket.bytesRead - mark.bytes >= enough) remark(req, mark, time)
        else {
          marks.delete(req)
          late(req, mark.res)
        }
      }
    }
  }
  const timer = setInterval(sweep, interval).unref()
  return {
    sweep,
    watch: (req, res) => void marks.set(req, { res, at: now(), bytes: req.socket.bytesRead }),
    answered(req) {
      if (req.complete) marks.delete(req)
      else leftover(req, limits.unread)
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function remark(req: IncomingMessage, mark: Mark, time: number): void {
  mark.at = time
  mark.bytes = req.socket.bytesRead
}

function late(req: IncomingMessage, res: ServerResponse): void {
  if (res.headersSent) req.socket.destroy()
  else interrupt(res, refusal(408, 'request-timeout', 'The body came too slowly.'))
}

/** What is read of it now is thrown away: a little, to keep the connection, or what comes while that is being closed. */
function leftover(req: IncomingMessage, most: number): void {
  const { socket } = req
  let left = most
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left >= 0 || socket.writableEnded) return
    socket.end()
    linger(socket)
  })
  // Asked for at once: of a body that nobody has asked for, node throws the bytes away uncounted.
  req.resume().read(0)
  process.nextTick(() => {
    if (socket.destroyed || !socket.writableEnded) return
    // Node has asked for the socket to be destroyed once the answer is written, which would be too early.
    const [destroy] = socket.listeners('finish').filter((listener) => listener.name === 'destroy')
    if (destroy !== undefined) socket.off('finish', destroy as () => void)
    linger(socket)
  })
}
