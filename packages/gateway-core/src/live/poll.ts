import type { Answer, Contract, Followed, Key, Operation, Received } from '../contract.ts'
import { parseKey } from '../contract.ts'
import type { Guard, Lasting, Route } from '../exchange.ts'
import { receive } from '../receive.ts'
import type { Asking } from '../road/asking.ts'
import { Fault } from '../road/fault.ts'
import { refusalOf, type Scope } from '../scope.ts'
import type { From, Sources } from '../sources.ts'
import { streamCaps, StreamSeats } from '../stream-seats.ts'
import { gather, type News } from './gather.ts'
import { room } from './log.ts'
import { show } from './show.ts'
import type { LiveCore } from './streaming.ts'

export interface PollSpec<C extends Contract, K extends keyof C, S extends Sources, G extends object, T> {
  /** Who may call it. What it grants is passed to `follow`. */
  readonly guard: Guard<G>
  /** Rate limit units it takes. Default: the limit's. */
  readonly cost?: number
  /** Events after the client's position: the only place with I/O. Errors it throws are the answer. */
  readonly follow: (request: Received<C, K> & NoInfer<G> & { readonly from: From<S> }) => AsyncIterable<Followed<T>>
  /** The client's last revision, and how many milliseconds it waits: at most 25 000, as proxies time out at 30 s. */
  readonly wait: (request: Pick<Received<C, K>, 'query'>) => Wait
  /** Maps the news, which may be empty, to the response. Pure. Members unknown to the contract are dropped. */
  readonly view: (news: News<NoInfer<T>>) => Answer<C, K>
}

interface Wait {
  readonly after: number
  readonly wait: number
}

/** A `PollSpec` without its type parameters. */
export interface ErasedPoll {
  readonly guard: Guard
  readonly cost?: number
  readonly follow: (request: never) => AsyncIterable<Followed<unknown>>
  readonly wait: (request: never) => Wait
  readonly view: (news: never) => unknown
}

const longest = 25_000

const lasting: Lasting = {
  bounds: { ...streamCaps(), wait: longest, replay: room },
  ends: [
    'there is something its client does not know yet',
    'it has waited as long as its client asked',
    'its client leaves',
    'this process stops: it answers at once',
  ],
}

/**
 * Long polling (RFC 6202 §2), for clients without sockets: answers as soon as there is something new to the client,
 * without items after the wait, and at once on shutdown. Never cached.
 */
export function poll(contract: Contract, key: string, spec: ErasedPoll): Route<LiveCore> {
  const operation = contract[key as keyof Contract] as Operation
  const { method, path } = parseKey(key)
  return {
    methods: [method],
    path,
    guard: spec.guard,
    cost: spec.cost,
    made: { door: 'poll', key: key as Key, operation, items: spec.follow, lasting },
    bind: (core) => {
      const { leaving } = core.away
      const seats = new StreamSeats(path, lasting.bounds, core)
      return async (exchange, req, res, grant) => {
        seats.take(exchange, res)
        const received = await receive(operation, req, exchange)
        const { after, wait } = spec.wait(received as never)
        const scope = exchange.scope.child()
        const asking: Asking = { exchange, scope, until: exchange.deadline, heard: [], gathering: new Map() }
        try {
          const items = spec.follow({ ...received, ...grant, from: core.from(asking) } as never)
          const news = await gather({ items, scope, leaving, after, wait: Math.min(longest, wait) })
          const body = JSON.stringify(await show(key, operation, spec.view(news as never)))
          const type = 'application/json; charset=utf-8'
          res.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
        } catch (error) {
          throw refusalOf(exchange.scope) ?? error
        } finally {
          over(scope)
        }
      }
    },
  }
}

const over = (scope: Scope): void => scope.end(new Fault('aborted', 'poll', new Error('the poll has been answered')))
