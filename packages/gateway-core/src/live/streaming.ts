import type { Away } from '../away.ts'
import { type Key, type Operation, parseKey } from '../contract.ts'
import type { Caps, Exchange, Guard, Made, Predicate, Route } from '../exchange.ts'
import { receive } from '../receive.ts'
import type { Asking } from '../road/asking.ts'
import { StreamSeats } from './stream-seats.ts'
import { serve, type StepOf } from './serve.ts'
import { Ticks } from './ticks.ts'

/** What only the running app has, and a stream needs. */
export interface LiveCore {
  readonly away: Away
  /** Clients whose calls are all made for one stream. */
  readonly from: (asking: Asking) => unknown
  /** Whose cap a stream counts against. */
  readonly clientKey: (exchange: Exchange) => string
}

/** What streams of every kind may be told beside what they are. */
export interface StreamOptions {
  /** Absent: every exchange. */
  readonly when?: Predicate
  /** Units of a rate limit that it takes. Default: what the limit says. */
  readonly cost?: number
  /** Streams at a time. Default: 10 000 of the route, 32 of one client. */
  readonly caps?: Partial<Caps>
}

type Asked = Made & { readonly door: 'stream' }

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
  { guard, when, cost, caps }: StreamOptions & { readonly guard: Guard },
  { items, follow, stepOf }: Source,
): Route<LiveCore> {
  const { method, path } = parseKey(key)
  const limits = { route: 10_000, client: 32, ...caps }
  return {
    methods: [method],
    path,
    guard,
    when,
    cost,
    made: { door: 'stream', key: key as Key, operation, items },
    bind: ({ from, away, clientKey }) => {
      const seats = new StreamSeats(limits)
      const ticks = new Ticks()
      const numbered = operation.streams === 'numbered'
      return async (exchange, req, res, grant) => {
        res.on('close', seats.take(clientKey(exchange)))
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
