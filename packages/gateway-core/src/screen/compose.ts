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
import { undoable, type Outcome, type Parts, settle } from './settle.ts'

/** A screen without its type parameters. */
export interface ErasedScreen {
  readonly key: string
  readonly operation: Operation
  readonly parts: (request: never) => object
  readonly view: (parts: never) => unknown
  readonly head: Head
  /** Clients that make the calls of one run. */
  readonly from: (asking: Asking) => unknown
}

/** Fetches the parts, builds the view and reports each part's status. The only place where a screen can fail. */
export async function compose(
  screen: ErasedScreen,
  exchange: Exchange,
  received: Received,
  grant: object,
): Promise<Composed> {
  const { operation } = screen
  const run = new Run(exchange)
  let parts: Parts = {}
  try {
    const start = () => screen.parts({ ...received, ...grant, from: screen.from(run) } as never) as Parts
    parts = operation.stale === undefined ? start() : onTrail(start)
    const outcome = await inTime(exchange, settle(parts, reporter(exchange)))
    // An optional part can hide that the whole exchange was cancelled.
    const refusal = refusalOf(exchange.scope)
    if (refusal !== undefined) throw refusal
    const view = screen.view(outcome.values as never)
    const body = await validated(screen, view, outcome.statuses)
    return { ...headOf(screen.head, run, outcome, view), body }
  } catch (error) {
    const writes = undoable(parts)
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

/** Only what the contract declares leaves: the schema drops unknown members. */
async function validated(
  { key, operation }: ErasedScreen,
  view: unknown,
  statuses: Readonly<Record<string, PartStatus>>,
): Promise<unknown> {
  if (operation.out === undefined) return undefined
  const result = await validate(operation.out, view)
  if ('faults' in result) {
    const faults = result.faults.map(({ pointer, detail }) => `${pointer || '/'} ${detail}`).join('; ')
    throw problem(500, 'internal-error', {
      cause: new Error(`the view of ${key} does not match its contract: ${faults}`),
    })
  }
  const hasStatuses = operation.optional !== undefined || operation.stale !== undefined
  return hasStatuses ? { ...(result.value as object), meta: { parts: statuses } } : result.value
}

/** A service's own problem passes only if the contract declares it. Clients could not interpret any other. */
function declared({ errors }: Operation, error: unknown): unknown {
  if (!(error instanceof Problem) || error.options.source === undefined || !error.options.own) return error
  return errors?.[error.code] === error.status ? error : ofService(error)
}
