import type { ServerResponse } from 'node:http'
import type { Caps, Exchange } from './exchange.ts'
import { problem } from './problem.ts'
import { Seats } from './seats.ts'

/** What only the running app knows of its streams. */
export interface StreamCore {
  /** Whose cap a stream counts against. */
  readonly clientKey: (exchange: Exchange) => string
  readonly streams: StreamCounts
}

/** Told of streams, by route. Must not throw. */
export interface StreamCounts {
  readonly opened: (route: string) => void
  readonly closed: (route: string) => void
  readonly refused: (route: string, cap: keyof Caps) => void
}

/** Streams at a time when nothing else is said. */
export const streamCaps = ({ route = 10_000, client = 32 }: Partial<Caps> = {}): Caps => ({ route, client })

/** What cannot be meant, one sentence each. */
export const faultsOfCaps = (caps: Partial<Caps> = {}): string[] =>
  Object.entries(caps)
    .filter(([, most]) => !(Number.isInteger(most) && most > 0))
    .map(([name]) => `caps.${name} must be at least 1, whole`)

/** What stays open of one route, counted for all and for each client. */
export class StreamSeats {
  readonly #route: string
  readonly #core: StreamCore
  readonly #all: Seats
  readonly #client: Seats

  constructor(route: string, caps: Caps, core: StreamCore) {
    this.#route = route
    this.#core = core
    this.#all = new Seats(caps.route)
    this.#client = new Seats(caps.client)
  }

  /** Taken until the answer is out. Throws `too-many-streams`: 429 where this client has too many, 503 where all together have. */
  take(exchange: Exchange, res: Pick<ServerResponse, 'on'>): void {
    // Of a client that left while its guard was asked, `close` has been: nothing would give the seat back.
    if (exchange.scope.ended) throw exchange.scope.reason
    const { clientKey, streams } = this.#core
    const key = clientKey(exchange)
    if (!this.#client.take(key)) throw this.#refusal('client', 429)
    if (!this.#all.take('')) {
      this.#client.leave(key)
      throw this.#refusal('route', 503)
    }
    streams.opened(this.#route)
    exchange.streams = true
    // Not `once`: its wrapper would weigh on each of ten thousand.
    res.on('close', () => {
      this.#all.leave('')
      this.#client.leave(key)
      streams.closed(this.#route)
    })
  }

  #refusal(cap: keyof Caps, status: number) {
    this.#core.streams.refused(this.#route, cap)
    return problem(status, 'too-many-streams', { headers: { 'retry-after': '5' } })
  }
}
