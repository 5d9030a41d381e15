import type { Away } from '../away.ts'
import { type Key, type Operation, parseKey } from '../contract.ts'
import type { Bounds, Caps, Exchange, Guard, Lasting, Made, Predicate, Route } from '../exchange.ts'
import { receive } from '../receive.ts'
import type { Asking } from '../road/asking.ts'
import { faultsOfCaps, streamCaps, type StreamCore, StreamSeats } from '../stream-seats.ts'
import { room } from './log.ts'
import { pulse } from './outlet.ts'
import { serve, type StepOf } from './serve.ts'
import { Ticks } from './ticks.ts'

/** What a stream needs of the running app. */
export interface LiveCore extends StreamCore {
  readonly away: Away
  /** Clients that make the calls of one stream. */
  readonly from: (asking: Asking) => unknown
}

/** Options of every kind of stream. */
export interface StreamOptions {
  /** Absent: every exchange. */
  readonly when?: Predicate
  /** Rate limit units it takes. Default: the limit's. */
  readonly cost?: number
  /** Concurrent streams; beyond, 429 or 503 `too-many-streams`. Default: 10 000 per route, 32 per client. */
  readonly caps?: Partial<Caps>
}

type MadeStream = Made & { readonly door: 'stream' }

function validCaps(key: string, given: Partial<Caps> | undefined): Caps {
  const faults = faultsOfCaps(given)
  if (faults.length > 0) throw new TypeError(faults.map((fault) => `${key}: ${fault}`).join('\n'))
  return streamCaps(given)
}

/** The source of items, and how each is sent. */
interface Source {
  /** For introspection of the route. */
  readonly items: MadeStream['items']
  readonly follow: (request: never, exchange: Exchange) => AsyncIterable<unknown>
  readonly stepOf: StepOf
}

/**
 * The common part of all streams: caps, validation of the request, and an end when the client, its credentials or the
 * app ends.
 */
export function streaming(
  key: string,
  operation: Operation,
  { guard, when, cost, caps: given }: StreamOptions & { readonly guard: Guard },
  { items, follow, stepOf }: Source,
): Route<LiveCore> {
  const { method, path } = parseKey(key)
  const numbered = operation.streams === 'numbered'
  const bounds = { ...validCaps(key, given), ...pulse, ...(numbered && { replay: room }) }
  return {
    methods: [method],
    path,
    guard,
    when,
    cost,
    made: { door: 'stream', key: key as Key, operation, items, lasting: lastingOf(bounds) },
    bind: (core) => {
      const { from, away } = core
      const seats = new StreamSeats(path, bounds, core)
      const ticks = new Ticks()
      return async (exchange, req, res, grant) => {
        seats.take(exchange, res)
        const received = await receive(operation, req, exchange)
        const { scope, deadline: until } = exchange
        const asking: Asking = { exchange, scope, until, heard: [], gathering: new Map() }
        const source = follow({ ...received, ...grant, from: from(asking) } as never, exchange)
        // No middleware follows a stream, and `next` would retain Express's whole call chain.
        Object.assign(req, { next: undefined })
        await serve({ exchange, req, res, items: source, stepOf, away, ticks, numbered })
      }
    },
  }
}

const lastingOf = (bounds: Bounds): Lasting => ({
  bounds,
  ends: [
    'its client leaves, or reads nothing for too long',
    'its source ends or fails',
    'the credentials of its reader expire or are revoked',
    'this process stops: its client is told when to reconnect',
  ],
})
