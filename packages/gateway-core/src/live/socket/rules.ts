import type { Followed } from '../../contract.ts'
import type { Exchange } from '../../exchange.ts'
import type { Scope } from '../../scope.ts'
import type { Ticks } from '../ticks.ts'

/** Milliseconds. */
export interface Rhythm {
  /** Between two pings; a client that has not answered by the next is cut. Default 25 000. */
  readonly ping: number
  /** Idle time of a client that follows nothing. Default 120 000. */
  readonly idle: number
}

/** What all sockets of a route share. */
export interface Rules {
  /** Most topics of one socket. */
  readonly most: number
  readonly rhythm: Rhythm
  readonly ticks: Ticks
  /** Events of a topic after a revision, for one client. Errors, at once or later, are sent to the client. */
  readonly open: (
    client: Pick<Client, 'exchange' | 'grant'>,
    topic: string,
    after: number,
    scope: Scope,
  ) => AsyncIterable<Followed<unknown>>
  /** Maps an item to what the client sees. */
  readonly show: (topic: string, item: unknown) => Promise<unknown>
  /**
   * Replaces the credentials by a new token, and runs the guard again. Rejects with a `Problem`; a 403 closes the
   * socket.
   */
  readonly renew: (exchange: Exchange, token: string) => Promise<object>
  /** Milliseconds before reconnecting after a shutdown. */
  readonly comeBack: () => number
}

export interface Client {
  readonly exchange: Exchange
  /** What the route's guard granted. */
  grant: object
  readonly rules: Rules
}
