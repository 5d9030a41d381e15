import type { Followed } from '../../contract.ts'
import type { Exchange } from '../../exchange.ts'
import type { Scope } from '../../scope.ts'
import type { Ticks } from '../ticks.ts'

/** Milliseconds. */
export interface Rhythm {
  /** Between two pings; who has not answered the last by the next is gone. Default 25 000. */
  readonly ping: number
  /** In which a client that follows nothing says nothing. Default 120 000. */
  readonly idle: number
}

/** What is the same for all sockets of a route. */
export interface Rules {
  /** Topics of one socket. */
  readonly most: number
  readonly rhythm: Rhythm
  readonly ticks: Ticks
  /** What happens under a topic after a revision, for one client. What it throws, at once or later, the client is told. */
  readonly open: (
    client: Pick<Client, 'exchange' | 'grant'>,
    topic: string,
    after: number,
    scope: Scope,
  ) => AsyncIterable<Followed<unknown>>
  /** What a client is shown of an item. */
  readonly show: (topic: string, item: unknown) => Promise<unknown>
  /** Puts the proof that a token is in the place of the one so far, and grants anew. Rejects with a `Problem`; with a 403, it may not stay. */
  readonly renew: (exchange: Exchange, token: string) => Promise<object>
  /** Milliseconds after which it may come back, when all are sent away. */
  readonly comeBack: () => number
}

export interface Client {
  readonly exchange: Exchange
  /** What the guard of the route has. */
  grant: object
  readonly rules: Rules
}
