import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Away } from '../away.ts'
import type { Exchange } from '../exchange.ts'
import { problem, Problem } from '../problem.ts'
import { Fault, toProblem } from '../road/fault.ts'
import type { Scope } from '../scope.ts'
import { formatFor, type Note } from './format.ts'
import { Outlet } from './outlet.ts'

/** One thing to say: an item, or something about the stream. */
export type Step = { readonly value: unknown; readonly rev?: number } | { readonly note: Note; readonly rev: number }

export interface Serving {
  readonly exchange: Exchange
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** Of the stream: what it ends for is the reason that its client is told. */
  readonly scope: Scope
  readonly steps: AsyncIterable<Step>
  /** What becomes of it when the app stops. */
  readonly away: Away
  /** One that ends before it has begun has nothing to tell any more: 204. */
  readonly numbered: boolean
}

/** Milliseconds after which a client gets its head, even if there is no item yet to go with it. */
const headAfter = 2_000

/**
 * Say what there is to say, for as long as there is somebody who may hear it. Resolves once it has begun: whatever waits for the
 * answer of a request would else be kept for hours. Rejects with why there is no stream at all.
 */
export const serve = (serving: Serving): Promise<void> =>
  new Promise((begun, refused) => {
    // Who has left is refused nothing.
    new Pump(serving, begun, (failed) => (serving.res.destroyed ? begun() : refused(failed))).next()
  })

/** Steps, one after the other. There may be ten thousand of these at rest: it is one object, and a promise for the next step. */
class Pump {
  readonly #serving: Serving
  readonly #outlet: Outlet
  readonly #steps: AsyncIterator<Step>
  readonly #refused: (failed: unknown) => void
  readonly #release: () => void
  readonly #patience: NodeJS.Timeout | undefined
  #over = false

  constructor(serving: Serving, begun: () => void, refused: (failed: unknown) => void) {
    this.#serving = serving
    this.#outlet = new Outlet(serving.res, formatFor(serving.req.headers.accept), begun)
    this.#steps = serving.steps[Symbol.asyncIterator]()
    this.#refused = refused
    this.#release = endings(serving, this.#fail)
    this.#patience = serving.numbered ? undefined : setTimeout(() => this.#outlet.begin(), headAfter)
  }

  next(): void {
    if (!this.#over) this.#steps.next().then(this.#take, this.#fail)
  }

  readonly #take = (result: IteratorResult<Step>): void => {
    if (this.#over) return
    if (result.done === true) return this.#end()
    const { value: step } = result
    try {
      const full = 'note' in step ? this.#outlet.note(step.note, step.rev) : this.#outlet.send(step.value, step.rev)
      if (full === undefined) this.next()
      else void full.then(() => this.next())
    } catch (error) {
      this.#fail(error)
    }
  }

  #end(): void {
    const { res, numbered } = this.#serving
    const { begun } = this.#outlet
    this.#close()
    if (res.destroyed) return
    if (numbered && !begun) this.#outlet.nothing()
    else this.#outlet.end()
  }

  readonly #fail = (error: unknown): void => {
    if (this.#over) return
    const { exchange, res, scope, away } = this.#serving
    const failed = toProblem(scope.ended && scope.reason instanceof Problem ? scope.reason : error)
    const { begun } = this.#outlet
    this.#close()
    if (!begun) return this.#refused(failed)
    if (res.destroyed || res.writableEnded) return
    const body = failed.body(exchange.traceId)
    if (failed === draining) return this.#outlet.leave(body, away.comeBack())
    if (failed.status === 401) return this.#outlet.signOut(body)
    exchange.log.warn({ traceId: exchange.traceId, err: error }, 'stream ended early')
    this.#outlet.fail(body)
  }

  /** Its source is told to stop, and not waited for. */
  #close(): void {
    this.#over = true
    clearTimeout(this.#patience)
    this.#release()
    this.#outlet[Symbol.dispose]()
    this.#serving.scope.end(over)
    this.#steps.return?.().then(undefined, () => undefined)
  }
}

const draining = problem(503, 'draining', { headers: { 'retry-after': '1' } })

const over = new Fault('aborted', 'stream', new Error('the stream is over'))

/** All that may end it from outside: the app stops, its client leaves, the proof of who reads comes to its end, or is taken back. */
function endings({ exchange, scope, away }: Serving, fail: (reason: unknown) => void): () => void {
  // Whoever cuts an exchange cuts its connection next: what is said last is said at once.
  const releases = [away.leaving.onEnd(() => scope.end(draining)), scope.onEnd(fail)]
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
