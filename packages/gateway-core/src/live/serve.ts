import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Exchange } from '../exchange.ts'
import { problem, Problem } from '../problem.ts'
import { Fault, toProblem } from '../road/fault.ts'
import type { Scope } from '../scope.ts'
import { formatFor, type Note } from './format.ts'
import { Outlet } from './outlet.ts'
import { until } from './until.ts'

/** One thing to say: an item, or something about the stream. */
export type Step = { readonly value: unknown; readonly rev?: number } | { readonly note: Note; readonly rev: number }

export interface Serving {
  readonly exchange: Exchange
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** Of the stream: what it ends for is the reason that its client is told. */
  readonly scope: Scope
  readonly steps: AsyncIterable<Step>
  /** See `LiveCore`. */
  readonly leaving: Scope
  /** One that ends before it has begun has nothing to tell any more: 204. */
  readonly numbered: boolean
  /** Milliseconds after which to come back, when all have to leave. */
  readonly comeBack: () => number
}

/** Milliseconds after which a client gets its head, even if there is no item yet to go with it. */
const headAfter = 2_000

/**
 * Say what there is to say, for as long as there is somebody who may hear it. Resolves once it has begun: whatever waits for the
 * answer of a request would else be kept for hours. Rejects with why there is no stream at all.
 */
export function serve(serving: Serving): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  pump(serving, resolve).then(resolve, reject)
  return promise
}

async function pump(serving: Serving, begun: () => void): Promise<void> {
  const { exchange, req, res, scope, steps, numbered } = serving
  using outlet = new Outlet(res, formatFor(req.headers.accept), begun)
  const release = endings(serving, outlet)
  const patience = numbered ? undefined : setTimeout(() => outlet.begin(), headAfter)
  try {
    for await (const step of until(scope, steps)) {
      if (res.destroyed) break
      await ('note' in step ? outlet.note(step.note, step.rev) : outlet.send(step.value, step.rev))
    }
    if (numbered && !outlet.begun) outlet.nothing()
    else outlet.end()
  } catch (error) {
    if (res.destroyed || res.writableEnded) return
    const failed = toProblem(scope.ended && scope.reason instanceof Problem ? scope.reason : error)
    if (!outlet.begun) throw failed
    const body = failed.body(exchange.traceId)
    if (failed === draining) return outlet.leave(body, serving.comeBack())
    if (failed.status === 401) return outlet.signOut(body)
    exchange.log.warn({ traceId: exchange.traceId, err: error }, 'stream ended early')
    outlet.fail(body)
  } finally {
    clearTimeout(patience)
    release()
    scope.end(over)
  }
}

const draining = problem(503, 'draining', { headers: { 'retry-after': '1' } })

const over = new Fault('aborted', 'stream', new Error('the stream is over'))

/** All that may end it from outside: the app stops, the proof of who reads comes to its end, or it is taken back. */
function endings({ exchange, res, scope, leaving }: Serving, outlet: Outlet): () => void {
  const releases = [
    leaving.onEnd(() => scope.end(draining)),
    // Whoever cuts an exchange cuts its connection next, so there is no turn of the loop to wait for.
    exchange.scope.onEnd((reason) => {
      if (reason instanceof Problem && outlet.begun && !res.writableEnded) outlet.signOut(reason.body(exchange.traceId))
    }),
  ]
  const expiry = atExpiry(exchange, scope)
  return () => {
    clearTimeout(expiry)
    for (const release of releases) release()
  }
}

/** Longest that a timer can wait. */
const longest = 2 ** 31 - 1

function atExpiry({ identity }: Exchange, scope: Scope): NodeJS.Timeout | undefined {
  if (identity === undefined) return undefined
  const { expiresAt, by } = identity
  const expired = () => scope.end(problem(401, by === 'session' ? 'session-expired' : 'token-invalid'))
  return setTimeout(expired, Math.min(longest, Math.max(0, expiresAt - Date.now())))
}
