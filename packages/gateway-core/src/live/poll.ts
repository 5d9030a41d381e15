import type { Answer, Contract, Followed, Operation, Received } from '../contract.ts'
import { parseKey } from '../contract.ts'
import type { Guard, Route } from '../exchange.ts'
import { problem } from '../problem.ts'
import { receive } from '../receive.ts'
import type { Asking } from '../road/asking.ts'
import { Fault } from '../road/fault.ts'
import { refusalOf, type Scope } from '../scope.ts'
import type { From, Sources } from '../sources.ts'
import { validate } from '../validate.ts'
import { gather, type News } from './gather.ts'
import type { LiveCore } from './stream.ts'

export interface PollSpec<C extends Contract, K extends keyof C, S extends Sources, G extends object, T> {
  /** Who may. What it grants is handed to `follow`. */
  readonly guard: Guard<G>
  /** Units of a rate limit that it takes. Default: what the limit says. */
  readonly cost?: number
  /** What happens after what the client knows: the only place with I/O. What it throws is the answer. */
  readonly follow: (request: Received<C, K> & NoInfer<G> & { readonly from: From<S> }) => AsyncIterable<Followed<T>>
  /** Milliseconds for which the client waits until something happens; cut to 25 000, as proxies hang up at 30 s. */
  readonly wait: (request: Pick<Received<C, K>, 'query'>) => number
  /** What to show of what happened, maybe nothing. Pure. Members that the contract does not know do not leave. */
  readonly view: (news: News<NoInfer<T>>) => Answer<C, K>
}

/** A `PollSpec` without its types. */
export interface ErasedPoll {
  readonly guard: Guard
  readonly cost?: number
  readonly follow: (request: never) => AsyncIterable<Followed<unknown>>
  readonly wait: (request: never) => number
  readonly view: (news: never) => unknown
}

const longest = 25_000

/**
 * Long polling (RFC 6202 §2), for who gets no socket: answers as soon as something has happened that the client does not know, or
 * with nothing once it has waited; at once when this process stops. Never cached.
 */
export function poll(contract: Contract, key: string, spec: ErasedPoll): Route<LiveCore> {
  const operation = contract[key as keyof Contract] as Operation
  const { method, path } = parseKey(key)
  return {
    methods: [method],
    path,
    guard: spec.guard,
    cost: spec.cost,
    made: { door: 'own', summary: operation.summary ?? 'Long poll' },
    bind:
      ({ from, leaving }) =>
      async (exchange, req, res, grant) => {
        const received = await receive(operation, req, exchange)
        const wait = Math.min(longest, spec.wait(received as never))
        const scope = exchange.scope.child()
        const asking: Asking = { exchange, scope, until: exchange.deadline, heard: [], gathering: new Map() }
        try {
          const items = spec.follow({ ...received, ...grant, from: from(asking) } as never)
          const body = await written(
            key,
            operation,
            spec.view((await gather({ items, scope, leaving, wait })) as never),
          )
          const type = 'application/json; charset=utf-8'
          res.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
        } catch (error) {
          throw refusalOf(exchange.scope) ?? error
        } finally {
          over(scope)
        }
      },
  }
}

const over = (scope: Scope): void => scope.end(new Fault('aborted', 'poll', new Error('it is answered')))

async function written(key: string, { out }: Operation, value: unknown): Promise<string> {
  const result = out === undefined ? { value } : await validate(out, value)
  if ('value' in result) return JSON.stringify(result.value)
  const cause = new Error(`the answer of ${key} is not what its contract says: ${JSON.stringify(result.faults)}`)
  throw problem(500, 'internal-error', { cause })
}
