import type { ServerResponse } from 'node:http'
import type { Caps, Exchange } from './exchange.ts'
import { problem } from './problem.ts'
import { Seats } from './seats.ts'

/** What only the running app knows about its streams. */
export interface StreamCore {
  /** The key of the client whose cap a stream counts against. */
  readonly clientKey: (exchange: Exchange) => string
  readonly streams: StreamCounts
}

/** Called with the stream's route. Must not throw. */
export interface StreamCounts {
  readonly opened: (route: string) => void
  readonly closed: (route: string) => void
  readonly refused: (route: string, cap: keyof Caps) => void
}

/** Default caps on open streams. */
export const streamCaps = ({ route = 10_000, client = 32 }: Partial<Caps> = {}): Caps => ({ route, client })

/** Invalid caps, one sentence each. */
export const faultsOfCaps = (caps: Partial<Caps> = {}): string[] =>
  Object.entries(caps)
    .filter(([, most]) => !(Number.isInteger(most) && most > 0))
    .map(([name]) => `caps.${name} must be at least 1, whole`)

/** Open streams of one route, counted in total and per client. */
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

  /** Holds a seat until the response closes. Throws `too-many-streams`: 429 at the client's cap, 503 at the route's. */
  take(exchange: Exchange, res: Pick<ServerResponse, 'on'>): void {
    // If the client left while its guard ran, `close` has already fired: nothing would release the seat.
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
    // Not `once`: its wrapper costs memory on each of ten thousand streams.
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
