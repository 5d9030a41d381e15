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

/** Most requests one connection may queue. No real client pipelines that far. */
const farAhead = 256

/** State of one connection. */
interface Connection {
  /** Requests begun so far. */
  begun: number
  /** Of these, responses still in progress. */
  active: number
  /** Pipelined requests that wait for their turn. */
  readonly waiting: [IncomingMessage, ServerResponse][]
  last: ServerResponse | undefined
  /** Set when unparsable bytes arrived: sent after the responses in progress. */
  failed: Problem | undefined
}

/**
 * Tracks the connections of a server: how many, how many requests at a time on each, and the answer when one breaks.
 */
export class ServerConnections {
  readonly #limits: ServerLimits
  readonly #bodies: Bodies
  readonly #handle: RequestListener
  readonly #answered: () => void
  readonly #connections = new Map<Duplex, Connection>()
  readonly #room: Room
  readonly #seats: Seats
  readonly #uncounted: (address: string) => boolean

  /** Calls `answered` after each response. */
  constructor(limits: ServerLimits, bodies: Bodies, room: Room, handle: RequestListener, answered: () => void) {
    this.#limits = limits
    this.#bodies = bodies
    this.#room = room
    this.#handle = handle
    this.#answered = answered
    this.#seats = new Seats(limits.connectionsPerAddress)
    this.#uncounted = within(limits.uncounted)
  }

  /**
   * The server's `connection` listener. Over the cap of its address a connection is cut: even an answer would be work.
   */
  readonly open = (socket: Socket): void => {
    const address = socket.remoteAddress ?? ''
    const counted = !this.#uncounted(address)
    if (counted && !this.#seats.take(address)) return void socket.destroy()
    this.#room.enter(socket)
    this.#connections.set(socket, { begun: 0, active: 0, waiting: [], last: undefined, failed: undefined })
    // `close` fires once; `once` would hold three more objects for as long as the connection lasts.
    socket.on('close', () => {
      this.#connections.delete(socket)
      this.#room.leave(socket)
      if (counted) this.#seats.leave(address)
    })
  }

  /** The server's `request`, `checkContinue` and `checkExpectation` listener. */
  readonly take = (req: IncomingMessage, res: ServerResponse): void => {
    const connection = this.#connections.get(req.socket)
    if (connection === undefined || connection.failed !== undefined) return
    connection.last = res
    if (connection.active < this.#limits.pipelined) this.#begin(connection, req, res)
    else if (connection.waiting.push([req, res]) > farAhead) req.socket.destroy()
  }

  /** The server's `clientError` listener. Reports the fault once, after the responses in progress. */
  readonly fail = (failed: Problem | undefined, socket: Duplex): void => {
    const connection = this.#connections.get(socket)
    if (socket.destroyed || connection === undefined) return void socket.destroy()
    // A connection that is closing already may finish.
    if (socket.writableEnded || connection.failed !== undefined || failed === undefined) return
    connection.failed = failed
    const { last } = connection
    if (last !== undefined && !last.req.complete)
      return last.writableEnded ? void socket.destroy() : interrupt(last, failed)
    if (connection.active === 0) refuse(socket, failed, traceIdOf({}))
  }

  /** On shutdown: connections that never sent a byte are not waited for. */
  closeUnused(): void {
    for (const [socket, { begun }] of this.#connections)
      if (begun === 0 && (socket as Socket).bytesRead === 0) socket.destroy()
  }

  #begin(connection: Connection, req: IncomingMessage, res: ServerResponse): void {
    connection.active++
    if (++connection.begun >= this.#limits.requestsPerConnection) res.setHeader('connection', 'close')
    res.on('close', () => this.#over(connection, req))
    if (!req.complete && announcesBody(req)) {
      this.#bodies.announced(req, res)
      if (waits(req)) continueWhenRead(req, res, () => this.#bodies.watch(req, res))
      else this.#bodies.watch(req, res)
    }
    this.#handle(req, res)
  }

  #over(connection: Connection, req: IncomingMessage): void {
    connection.active--
    const next = connection.waiting.shift()
    if (next !== undefined) this.#begin(connection, ...next)
    else if (connection.active === 0 && connection.failed !== undefined && !req.socket.writableEnded)
      refuse(req.socket, connection.failed, traceIdOf({}))
    this.#answered()
  }
}

const announcesBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
