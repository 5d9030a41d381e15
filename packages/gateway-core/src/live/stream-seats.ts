import type { Caps } from '../exchange.ts'
import { problem } from '../problem.ts'
import { Seats } from '../seats.ts'

/** What stays open of a route unless it says otherwise. */
export const usual: Caps = { route: 10_000, client: 32 }

/** What stays open of one route, counted for all and for each client. */
export class StreamSeats {
  readonly #all: Seats
  readonly #client: Seats

  constructor({ route, client }: Caps) {
    this.#all = new Seats(route)
    this.#client = new Seats(client)
  }

  /** What gives it back. */
  take(key: string): () => void {
    if (!this.#client.take(key)) throw tooMany(429)
    if (!this.#all.take('')) {
      this.#client.leave(key)
      throw tooMany(503)
    }
    return () => {
      this.#all.leave('')
      this.#client.leave(key)
    }
  }
}

const tooMany = (status: number) => problem(status, 'too-many-streams', { headers: { 'retry-after': '5' } })
