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

/** What only the running app has, and a stream needs. */
export interface LiveCore extends StreamCore {
  readonly away: Away
  /** Clients whose calls are all made for one stream. */
  readonly from: (asking: Asking) => unknown
}

/** What streams of every kind may be told beside what they are. */
export interface StreamOptions {
  /** Absent: every exchange. */
  readonly when?: Predicate
  /** Units of a rate limit that it takes. Default: what the limit says. */
  readonly cost?: number
  /** Streams at a time; beyond, 429 or 503 `too-many-streams`. Default: 10 000 of the route, 32 of one client. */
  readonly caps?: Partial<Caps>
}

type Asked = Made & { readonly door: 'stream' }

function soundCaps(key: string, given: Partial<Caps> | undefined): Caps {
  const faults = faultsOfCaps(given)
  if (faults.length > 0) throw new TypeError(faults.map((fault) => `${key}: ${fault}`).join('\n'))
  return streamCaps(given)
}

/** Where items come from, and what is said of each. */
interface Source {
  /** For whoever explains the route. */
  readonly items: Asked['items']
  readonly follow: (request: never, exchange: Exchange) => AsyncIterable<unknown>
  readonly stepOf: StepOf
}

/** The road of every stream: caps, what the contract asks of a request, and an end when its client, its proof or the app ends. */
export function streaming(
  key: string,
  operation: Operation,
  { guard, when, cost, caps: given }: StreamOptions & { readonly guard: Guard },
  { items, follow, stepOf }: Source,
): Route<LiveCore> {
  const { method, path } = parseKey(key)
  const numbered = operation.streams === 'numbered'
  const bounds = { ...soundCaps(key, given), ...pulse, ...(numbered && { replay: room }) }
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
        // Nothing comes behind a stream, and Express would keep its whole way here for as long as that.
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
