import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Away } from '../away.ts'
import { type Answer, type Contract, type Key, type Operation, parseKey, type Received } from '../contract.ts'
import type { Exchange, Guard, Predicate, Route } from '../exchange.ts'
import { problem, Problem } from '../problem.ts'
import { receive } from '../receive.ts'
import type { Asking } from '../road/asking.ts'
import { Fault, toProblem } from '../road/fault.ts'
import type { Scope } from '../scope.ts'
import type { From, Sources } from '../sources.ts'
import { validate } from '../validate.ts'
import { formatFor } from './format.ts'
import { Outlet } from './outlet.ts'
import { until } from './until.ts'

/** What only the running app has, and a stream needs. */
export interface LiveCore extends Away {
  /** Clients whose calls are all made for one stream. */
  readonly from: (asking: Asking) => unknown
}

export interface StreamSpec<C extends Contract, K extends keyof C, S extends Sources, G extends object, T> {
  /** Who may. What it grants is handed to `items`. */
  readonly guard: Guard<G>
  /** Absent: every exchange. */
  readonly when?: Predicate
  /** Units of a rate limit that it takes. Default: what the limit says. */
  readonly cost?: number
  /**
   * Where items come from, for one client: the only place with I/O. Read no faster than the client reads, and ended when it
   * leaves. What it throws before its first item is a status; afterwards it is the last thing that is sent.
   */
  readonly items: (request: Received<C, K> & NoInfer<G> & { readonly from: From<S> }) => AsyncIterable<T>
  /** What to show of one. Pure. Members that the contract does not know do not leave. */
  readonly view: (item: NoInfer<T>) => Answer<C, K>
}

/** A `StreamSpec` without its types. */
export interface ErasedStream {
  readonly guard: Guard
  readonly when?: Predicate
  readonly cost?: number
  readonly items: (request: never) => AsyncIterable<unknown>
  readonly view: (item: never) => unknown
}

/** Milliseconds after which a client gets its head, even if there is no item yet to go with it. */
const headAfter = 2_000

/**
 * Many answers to one request: server-sent events, or a JSON text per line where `Accept` asks for `application/x-ndjson`. It
 * has no deadline of the exchange's once it has begun, and no identity outlives its proof: a stream ends when that does.
 */
export function stream(contract: Contract, key: string, spec: ErasedStream): Route<LiveCore> {
  const operation = contract[key as keyof Contract] as Operation
  const { method, path } = parseKey(key)
  return {
    methods: [method],
    path,
    guard: spec.guard,
    when: spec.when,
    cost: spec.cost,
    made: { door: 'stream', key: key as Key, operation, items: spec.items },
    bind:
      ({ from, leaving, comeBack }) =>
      async (exchange, req, res, grant) => {
        const received = await receive(operation, req, exchange)
        const scope = exchange.scope.child()
        const asking: Asking = { exchange, scope, until: exchange.deadline, heard: [], gathering: new Map() }
        const items = until(scope, spec.items({ ...received, ...grant, from: from(asking) } as never))
        const release = leaving.onEnd(() => scope.end(draining))
        res.once('close', release)
        await serve(exchange, req, res, { scope, comeBack, items: shown(key, operation, spec, items) })
      },
  }
}

/** What leaves is what the contract says, and nothing beside it. */
async function* shown(key: string, { out }: Operation, { view }: ErasedStream, items: AsyncIterable<unknown>) {
  for await (const item of items) {
    const value = view(item as never)
    const result = out === undefined ? { value } : await validate(out, value)
    if ('faults' in result) {
      const cause = new Error(`an item of ${key} is not what its contract says: ${JSON.stringify(result.faults)}`)
      throw problem(500, 'internal-error', { cause })
    }
    yield result.value
  }
}

interface Serving extends Pick<LiveCore, 'comeBack'> {
  readonly scope: Scope
  readonly items: AsyncIterable<unknown>
}

async function serve(
  exchange: Exchange,
  req: IncomingMessage,
  res: ServerResponse,
  { scope, comeBack, items }: Serving,
): Promise<void> {
  using outlet = new Outlet(res, formatFor(req.headers.accept))
  const patience = setTimeout(() => outlet.begin(), headAfter)
  const expiry = atExpiry(exchange, scope)
  try {
    for await (const item of items) {
      if (res.destroyed) break
      await outlet.send(item)
    }
    outlet.end()
  } catch (error) {
    if (exchange.scope.ended) return
    const failed = toProblem(scope.ended && scope.reason instanceof Problem ? scope.reason : error)
    if (!outlet.begun) throw failed
    const body = failed.body(exchange.traceId)
    if (failed === draining) return outlet.leave(body, comeBack())
    exchange.log.warn({ traceId: exchange.traceId, err: error }, 'stream ended early')
    outlet.fail(body)
  } finally {
    clearTimeout(patience)
    clearTimeout(expiry)
    scope.end(over)
  }
}

const draining = problem(503, 'draining', { headers: { 'retry-after': '1' } })

const over = new Fault('aborted', 'stream', new Error('the stream is over'))

/** Longest that a timer can wait. */
const longest = 2 ** 31 - 1

function atExpiry({ identity }: Exchange, scope: Scope): NodeJS.Timeout | undefined {
  if (identity === undefined) return undefined
  const { expiresAt, by } = identity
  const expired = () => scope.end(problem(401, by === 'session' ? 'session-expired' : 'token-invalid'))
  return setTimeout(expired, Math.min(longest, Math.max(0, expiresAt - Date.now())))
}
