import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { linger, refusal, interrupt } from './refuse.ts'
import { interval, type ServerLimits } from './server-limits.ts'

interface Mark {
  /** Kept here, as a destroyed request loses its socket. */
  readonly socket: Socket
  readonly res: ServerResponse
  at: number
  bytes: number
}

/** Request bodies still arriving at a server. */
export interface Bodies extends Disposable {
  /** A request with a body begins: handle what remains unread of it after the response. */
  announced(req: IncomingMessage, res: ServerResponse): void
  /** Enforces the minimum body rate from now on. */
  watch(req: IncomingMessage, res: ServerResponse): void
  /** Refuses bodies that were too slow (408). Called once a second. */
  sweep(): void
}

/**
 * Handles slow and unwanted request bodies with one timer. A body that waits for us, because its upstream exerts
 * backpressure, is never late.
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
      // Read now: a destroyed request loses its socket.
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

/** Discards the rest of the body: few enough bytes to keep the connection, or whatever arrives while it closes. */
function leftover(req: IncomingMessage, socket: Socket): void {
  req.resume()
  if (socket.destroyed || !socket.writableEnded) return
  // Node destroys the socket as soon as the response is written, which is too early.
  const [destroy] = socket.listeners('finish').filter((listener) => listener.name === 'destroy')
  if (destroy !== undefined) socket.off('finish', destroy as () => void)
  linger(socket)
}

/** Announces `Connection: close` in time for the client to see it, unless the whole body has arrived by then. */
function closeUnlessRead(req: IncomingMessage, res: ServerResponse): void {
  const asked = res.shouldKeepAlive
  res.shouldKeepAlive = false
  req.once('end', () => (res.shouldKeepAlive = asked))
}

const mayExceed = ({ headers }: IncomingMessage, most: number): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > most
