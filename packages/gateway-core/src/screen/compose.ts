import type { Operation, PartStatus } from '../contract.ts'
import type { Composed, Exchange } from '../exchange.ts'
import { ofService, onTrail } from '../part.ts'
import { problem, Problem } from '../problem.ts'
import type { Received } from '../receive.ts'
import type { Asking } from '../road/asking.ts'
import { refusalOf } from '../scope.ts'
import { validate } from '../validate.ts'
import { type Head, headOf } from './head.ts'
import { Run } from './run.ts'
import { lasting, type Outcome, type Parts, settle } from './settle.ts'

/** A screen without its types. */
export interface Plain {
  readonly key: string
  readonly operation: Operation
  readonly parts: (request: never) => object
  readonly view: (parts: never) => unknown
  readonly head: Head
  /** Clients whose calls are made for one run. */
  readonly from: (asking: Asking) => unknown
}

/** Ask for the parts, show them, and say how it went. The one place where a screen can fail. */
export async function compose(screen: Plain, exchange: Exchange, received: Received, grant: object): Promise<Composed> {
  const { operation } = screen
  const run = new Run(exchange)
  let parts: Parts = {}
  try {
    const start = () => screen.parts({ ...received, ...grant, from: screen.from(run) } as never) as Parts
    parts = operation.stale === undefined ? start() : onTrail(start)
    const outcome = await inTime(exchange, settle(parts, reporter(exchange)))
    // A part that may be missing hides that all of it was called off.
    const refusal = refusalOf(exchange.scope)
    if (refusal !== undefined) throw refusal
    const view = screen.view(outcome.values as never)
    const body = await shown(screen, view, outcome.statuses)
    return { ...headOf(screen.head, run, outcome, view), body }
  } catch (error) {
    const writes = lasting(parts)
    if (writes.length > 0) await run.undo(writes)
    throw declared(operation, error)
  } finally {
    run.end()
  }
}

const reporter = (exchange: Exchange) => (part: string, error: unknown) =>
  exchange.log.warn({ traceId: exchange.traceId, part, err: error }, 'part fell back')

async function inTime<P>(exchange: Exchange, work: Promise<Outcome<P>>): Promise<Outcome<P>> {
  const late = Promise.withResolvers<never>()
  const left = Math.max(0, exchange.deadline - performance.now())
  const timer = setTimeout(() => late.reject(problem(504, 'deadline-exceeded')), left)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** What leaves is what the contract says, and nothing beside it: a schema drops what it does not know. */
async function shown(
  { key, operation }: Plain,
  view: unknown,
  statuses: Readonly<Record<string, PartStatus>>,
): Promise<unknown> {
  if (operation.out === undefined) return undefined
  const result = await validate(operation.out, view)
  if ('faults' in result) {
    const faults = result.faults.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; ')
    throw problem(500, 'internal-error', {
      cause: new Error(`the view of ${key} is not what its contract says: ${faults}`),
    })
  }
  const told = operation.optional !== undefined || operation.stale !== undefined
  return told ? { ...(result.value as object), meta: { parts: statuses } } : result.value
}

/** A service's own problem passes where the contract names it. Elsewhere the client could not know what to make of it. */
function declared({ errors }: Operation, error: unknown): unknown {
  if (!(error instanceof Problem) || error.options.source === undefined || !error.options.own) return error
  return errors?.[error.code] === error.status ? error : ofService(error)
}
