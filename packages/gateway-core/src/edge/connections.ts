import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Problem } from '../problem.ts'
import { traceIdOf } from '../trace.ts'
import type { Bodies } from './bodies.ts'
import { within } from '../networks.ts'
import { continueWhenRead, waits } from './expectation.ts'
import { interrupt, refuse } from './refuse.ts'
import type { Room } from './room.ts'
import { Seats } from '../seats.ts'
import type { ServerLimits } from './server-limits.ts'

/** How many requests one connection may be ahead of what is answered, in all. Nobody pipelines that far in earnest. */
const farAhead = 256

/** One connection of a server, and what is under way on it. */
interface Line {
  /** Requests begun so far. */
  begun: number
  /** Of these, answers that are not over. */
  under: number
  /** Requests that were sent ahead of their turn. */
  readonly waiting: [IncomingMessage, ServerResponse][]
  last: ServerResponse | undefined
  /** Bytes that are no HTTP came, and this is to be said of them after what is under way. */
  failed: Problem | undefined
}

/** Keep the connections of a server in order: how many, how much at a time on each, and what is said when one breaks. */
export class Connections {
  readonly #limits: ServerLimits
  readonly #bodies: Bodies
  readonly #handle: RequestListener
  readonly #answered: () => void
  readonly #lines = new Map<Duplex, Line>()
  readonly #room: Room
  readonly #seats: Seats
  readonly #uncounted: (address: string) => boolean

  /** `answered` is told of each answer that is over. */
  constructor(limits: ServerLimits, bodies: Bodies, room: Room, handle: RequestListener, answered: () => void) {
    this.#limits = limits
    this.#bodies = bodies
    this.#room = room
    this.#handle = handle
    this.#answered = answered
    this.#seats = new Seats(limits.connectionsPerAddress)
    this.#uncounted = within(limits.uncounted)
  }

  /** The server's `connection` listener. Over the cap of its address a connection is cut: an answer would be work, too. */
  readonly open = (socket: Socket): void => {
    const address = socket.remoteAddress ?? ''
    const counted = !this.#uncounted(address)
    if (counted && !this.#seats.take(address)) return void socket.destroy()
    this.#room.enter(socket)
    this.#lines.set(socket, { begun: 0, under: 0, waiting: [], last: undefined, failed: undefined })
    // It comes once: to say so with `once` would take three objects more, for as long as the connection lasts.
    socket.on('close', () => {
      this.#lines.delete(socket)
      this.#room.leave(socket)
      if (counted) this.#seats.leave(address)
    })
  }

  /** The server's `request` listener, and that of its `checkContinue` and `checkExpectation`. */
  readonly take = (req: IncomingMessage, res: ServerResponse): void => {
    const line = this.#lines.get(req.socket)
    if (line === undefined || line.failed !== undefined) return
    line.last = res
    if (line.under < this.#limits.pipelined) this.#begin(line, req, res)
    else if (line.waiting.push([req, res]) > farAhead) req.socket.destroy()
  }

  /** The server's `clientError` listener. Says once what is wrong, after the answers that are under way. */
  readonly fail = (failed: Problem | undefined, socket: Duplex): void => {
    const line = this.#lines.get(socket)
    if (socket.destroyed || line === undefined) return void socket.destroy()
    // What is closing already is given the time to.
    if (socket.writableEnded || line.failed !== undefined || failed === undefined) return
    line.failed = failed
    const { last } = line
    if (last !== undefined && !last.req.complete)
      return last.writableEnded ? void socket.destroy() : interrupt(last, failed)
    if (line.under === 0) refuse(socket, failed, traceIdOf({}))
  }

  /** We stop: a connection that has never said anything is not waited for. */
  closeUnused(): void {
    for (const [socket, { begun }] of this.#lines)
      if (begun === 0 && (socket as Socket).bytesRead === 0) socket.destroy()
  }

  #begin(line: Line, req: IncomingMessage, res: ServerResponse): void {
    line.under++
    if (++line.begun >= this.#limits.requestsPerConnection) res.setHeader('connection', 'close')
    res.on('close', () => this.#over(line, req))
    if (!req.complete && announcesBody(req)) {
      this.#bodies.announced(req, res)
      if (waits(req)) continueWhenRead(req, res, () => this.#bodies.watch(req, res))
      else this.#bodies.watch(req, res)
    }
    this.#handle(req, res)
  }

  #over(line: Line, req: IncomingMessage): void {
    line.under--
    const next = line.waiting.shift()
    if (next !== undefined) this.#begin(line, ...next)
    else if (line.under === 0 && line.failed !== undefined && !req.socket.writableEnded)
      refuse(req.socket, line.failed, traceIdOf({}))
    this.#answered()
  }
}

const announcesBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
