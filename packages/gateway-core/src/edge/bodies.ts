import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { linger, refusal, interrupt } from './refuse.ts'
import { interval, type ServerLimits } from './server-limits.ts'

interface Mark {
  /** A request that was torn down has none any more. */
  readonly socket: Socket
  readonly res: ServerResponse
  at: number
  bytes: number
}

/** Bodies that are still on their way to a server. */
export interface Bodies extends Disposable {
  /** A request with a body begins: see to what nobody will have read of it once the answer is out. */
  announced(req: IncomingMessage, res: ServerResponse): void
  /** From now on this body must come fast enough. */
  watch(req: IncomingMessage, res: ServerResponse): void
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
      if (req.complete || mark.socket.destroyed) marks.delete(req)
      else if (req.readableLength >= req.readableHighWaterMark) remark(mark, time)
      else if (time - mark.at >= limits.bodyWindow) {
        const enough = (limits.bodyRate * (time - mark.at)) / 1_000
        if (mark.socket.bytesRead - mark.bytes >= enough) remark(mark, time)
        else {
          marks.delete(req)
          late(mark)
        }
      }
    }
  }
  const timer = setInterval(sweep, interval).unref()
  return {
    sweep,
    watch(req, res) {
      const { socket } = req
      marks.set(req, { socket, res, at: now(), bytes: socket.bytesRead })
    },
    announced(req, res) {
      // Afterwards a request that was torn down has none.
      const { socket } = req
      if (mayExceed(req, limits.unread)) closeUnlessRead(req, res)
      res.once('finish', () => {
        if (req.complete) marks.delete(req)
        else leftover(req, socket)
      })
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function remark(mark: Mark, time: number): void {
  mark.at = time
  mark.bytes = mark.socket.bytesRead
}

function late({ socket, res }: Mark): void {
  if (res.headersSent) socket.destroy()
  else interrupt(res, refusal(408, 'request-timeout', 'The body took too long to arrive.'))
}

/** What is read of it now is thrown away: little enough to keep the connection, or what comes while that is being closed. */
function leftover(req: IncomingMessage, socket: Socket): void {
  req.resume()
  if (socket.destroyed || !socket.writableEnded) return
  // Node has asked for the socket to be destroyed once the answer is written, which would be too early.
  const [destroy] = socket.listeners('finish').filter((listener) => listener.name === 'destroy')
  if (destroy !== undefined) socket.off('finish', destroy as () => void)
  linger(socket)
}

/** The answer closes the connection, unless the body has come by then, and says so in time for the client to believe it. */
function closeUnlessRead(req: IncomingMessage, res: ServerResponse): void {
  const asked = res.shouldKeepAlive
  res.shouldKeepAlive = false
  req.once('end', () => (res.shouldKeepAlive = asked))
}

const mayExceed = ({ headers }: IncomingMessage, most: number): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > most
